/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/backup.h"

#include <errno.h>
#include <string.h>

static const struct ipvs_thread loopback = { .interface = "lo" };

void backup_init(struct backup *b, const struct ipvs_thread *place, bool automatic)
{
	*b = (struct backup){ .automatic = automatic, .place = *place };
	pthread_mutex_init(&b->lock, NULL);
}

static bool is_somewhere(const struct ipvs_thread *t)
{
	return t->interface[0] != '\0';
}

static bool is_loopback(const struct ipvs_thread *t)
{
	return strcmp(t->interface, loopback.interface) == 0;
}

/* A group without a port is the kernel's own, whichever that is. */
static bool same_place(const struct ipvs_thread *a, const struct ipvs_thread *b)
{
	return strcmp(a->interface, b->interface) == 0 && a->id == b->id &&
	       (a->group.port == 0 || b->group.port == 0 || endpoint_equal(&a->group, &b->group));
}

/* Of another's threads the master tells best where the next backup thread will be wanted. */
static void learn(struct backup *b, const struct ipvs_threads *threads)
{
	if (!b->automatic)
		return;
	if (threads->has_master)
		b->place = threads->master;
	else if (threads->has_backup && !is_loopback(&threads->backup) &&
		 !same_place(&threads->backup, &b->own))
		b->place = threads->backup;
}

static const struct ipvs_thread *wanted(const struct backup *b)
{
	return is_somewhere(&b->place) ? &b->place : &loopback;
}

/* Nobody else puts a thread on lo, unless it is a daemon before us. */
static bool is_misplaced(const struct backup *b, const struct ipvs_thread *thread)
{
	return b->automatic && (is_loopback(thread) || same_place(thread, &b->own)) &&
	       !same_place(thread, wanted(b));
}

static int start_at(struct backup *b, struct ipvs *ipvs, const struct ipvs_thread *place)
{
	int error = ipvs_backup_start(ipvs, place);

	if (error == 0)
		b->own = *place;
	return error == -EEXIST ? 0 : error; /* keepalived was first */
}

/* A place without its interface is of no use to anybody, and is forgotten: sessions go on by lo. */
static int start(struct backup *b, struct ipvs *ipvs)
{
	int error = start_at(b, ipvs, wanted(b));

	if (error < 0 && b->automatic && is_somewhere(&b->place)) {
		b->place = (struct ipvs_thread){ .interface = "" };
		error = start_at(b, ipvs, &loopback);
	}
	return error;
}

static int stop(struct backup *b, struct ipvs *ipvs)
{
	int error = ipvs_backup_stop(ipvs);

	b->own = (struct ipvs_thread){ .interface = "" };
	return error == -ESRCH ? 0 : error; /* keepalived was first */
}

/* 1: it was in another place, and has moved; 0: it was where it is wanted, or there was none; or -errno. */
static int put_in_place(struct backup *b, struct ipvs *ipvs, const struct ipvs_threads *threads)
{
	int error;

	if (threads->has_backup && !is_misplaced(b, &threads->backup))
		return 0;
	error = threads->has_backup ? stop(b, ipvs) : 0;
	if (error == 0)
		error = start(b, ipvs);
	return error < 0 ? error : threads->has_backup;
}

int backup_find(struct backup *b, struct ipvs *ipvs, struct ipvs_thread *found)
{
	struct ipvs_threads threads;
	int error;

	pthread_mutex_lock(&b->lock);
	error = ipvs_threads_get(ipvs, &threads);
	if (error == 0) {
		learn(b, &threads);
		error = put_in_place(b, ipvs, &threads);
	}
	pthread_mutex_unlock(&b->lock);
	return error < 0 ? error : ipvs_backup_get(ipvs, found);
}

int backup_watch(struct backup *b, struct ipvs *ipvs, struct ipvs_thread *now)
{
	struct ipvs_threads threads;
	int result;

	pthread_mutex_lock(&b->lock);
	result = ipvs_threads_get(ipvs, &threads);
	if (result == 0) {
		learn(b, &threads);
		if (b->automatic && (threads.has_backup || threads.has_master))
			result = put_in_place(b, ipvs, &threads);
	}
	if (result > 0)
		*now = *wanted(b);
	pthread_mutex_unlock(&b->lock);
	return result;
}

/*
 * On a network interface it may be the one that keepalived wanted to start and found running; while a
 * master thread runs it is not.
 */
static bool is_counted_on(const struct ipvs_threads *threads)
{
	return !is_loopback(&threads->backup) && !threads->has_master;
}

int backup_release(struct backup *b, struct ipvs *ipvs)
{
	struct ipvs_threads threads;
	int error;

	if (!is_somewhere(&b->own))
		return 0;
	error = ipvs_threads_get(ipvs, &threads);
	if (error < 0)
		return error;
	if (!threads.has_backup || !same_place(&threads.backup, &b->own))
		return b->automatic ? 0 : -ESRCH;
	return is_counted_on(&threads) ? 0 : ipvs_backup_stop(ipvs);
}
