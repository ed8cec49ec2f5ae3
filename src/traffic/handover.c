/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/handover.h"

#include "traffic/manager.h"
#include "traffic/session_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	BARRIER_MS = 5000,
	NAME_SIZE = 48,
};

struct handover {
	struct log *log;
	uint32_t first, queues;
	int count;
	char **names; /* of the descriptors from MANAGER_FIRST_FD on */
	int *fds;     /* -1: taken */
	uint32_t queues_taken, sessions_taken;
	int refused; /* why sessions were, or 0 */
};

int handover_open(struct log *log, uint32_t first, uint32_t count, struct handover **out)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->log = log;
	h->first = first;
	h->queues = count;
	h->count = manager_descriptors(&h->names);
	if (h->count < 0)
		h->count = 0;
	h->fds = calloc((size_t)h->count + 1, sizeof(*h->fds));
	if (h->fds == NULL) {
		h->count = 0;
		handover_close(h);
		return -ENOMEM;
	}
	for (int i = 0; i < h->count; i++)
		h->fds[i] = MANAGER_FIRST_FD + i;
	*out = h;
	return 0;
}

void handover_close(struct handover *h)
{
	if (h == NULL)
		return;
	for (int i = 0; i < h->count; i++) {
		if (h->fds[i] >= 0)
			close(h->fds[i]);
		free(h->names[i]);
	}
	free(h->names);
	free(h->fds);
	free(h);
	manager_wait(BARRIER_MS);
}

/* ---- descriptors by name ---- */

static const char *name_queue(uint16_t number, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "queue-%u", number);
	return name;
}

static const char *name_sessions(const struct handover *h, uint16_t number, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "sessions-%u-of-%u", number - h->first, h->queues);
	return name;
}

static const char *name_journal(const struct handover *h, uint16_t number, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "adjusted-%u-of-%u", number - h->first, h->queues);
	return name;
}

static int find(const struct handover *h, const char *name)
{
	for (int i = 0; i < h->count; i++)
		if (h->fds[i] >= 0 && strcmp(h->names[i], name) == 0)
			return i;
	return -1;
}

static int take(struct handover *h, const char *name)
{
	int i = find(h, name), fd;

	if (i < 0)
		return -1;
	fd = h->fds[i];
	h->fds[i] = -1;
	return fd;
}

static void forget(const char *name)
{
	manager_notify("FDSTOREREMOVE=1\nFDNAME=%s", name);
}

/* Without FDPOLL=0 the manager would be woken by errors of the socket, and let go of it. */
static void store(struct handover *h, const char *name, int fd)
{
	char state[NAME_SIZE + 64];
	int stored;

	snprintf(state, sizeof(state), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	stored = manager_hand(state, fd);
	if (stored < 0)
		log_message(h->log, LOG_STORE_REFUSED, name, strerror(-stored));
}

/* ---- queues ---- */

int handover_take_queue(struct handover *h, uint16_t number)
{
	char name[NAME_SIZE];
	int fd = take(h, name_queue(number, name));

	if (fd >= 0)
		h->queues_taken++;
	return fd;
}

void handover_refuse_queue(struct handover *h, uint16_t number)
{
	char name[NAME_SIZE];

	h->queues_taken--;
	forget(name_queue(number, name));
}

void handover_store_queue(struct handover *h, uint16_t number, int fd)
{
	char name[NAME_SIZE];

	store(h, name_queue(number, name), fd);
}

/* ---- sessions ---- */

bool handover_has_sessions(const struct handover *h)
{
	char name[NAME_SIZE];

	return find(h, name_sessions(h, (uint16_t)h->first, name)) >= 0;
}

static int read_file(int fd, uint32_t now, struct table *table)
{
	FILE *in = fdopen(fd, "r");
	int error;

	if (in == NULL) {
		close(fd);
		return -ENOMEM;
	}
	rewind(in);
	error = session_file_read(in, now, table);
	fclose(in);
	return error;
}

static int read_journal(int fd, uint32_t now, struct table *table)
{
	int error = journal_read(fd, now, table);

	close(fd);
	return error;
}

void handover_take_sessions(struct handover *h, uint16_t number, uint32_t now, struct table *table)
{
	char name[NAME_SIZE], journal_name[NAME_SIZE];
	int fd = take(h, name_sessions(h, number, name));
	int journal = take(h, name_journal(h, number, journal_name)), error = 0;

	if (fd >= 0) {
		forget(name);
		error = read_file(fd, now, table);
	}
	if (journal >= 0) {
		forget(journal_name);
		if (fd < 0)
			error = read_journal(journal, now, table);
		else
			close(journal);
	}
	if (error < 0)
		h->refused = error;
	h->sessions_taken += (uint32_t)table_count(table);
}

struct journal *handover_store_journal(struct handover *h, uint16_t number)
{
	char name[NAME_SIZE];
	struct journal *journal = NULL;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return NULL;
	if (journal_open(&journal) < 0)
		log_message(h->log, LOG_STORE_MEMORY, number);
	else
		store(h, name_journal(h, number, name), journal_fd(journal));
	return journal;
}

/* A file for sessions in memory, or NULL. */
static FILE *open_memory(void)
{
	int fd = memfd_create("sessions", MFD_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out == NULL && fd >= 0)
		close(fd);
	return out;
}

void handover_store_sessions(struct handover *h, uint16_t number, uint32_t now, struct table *table)
{
	char name[NAME_SIZE];
	FILE *out;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return;
	out = open_memory();
	if (out != NULL && session_file_write(table, now, out) == 0)
		store(h, name_sessions(h, number, name), fileno(out));
	else
		log_message(h->log, LOG_STORE_MEMORY, number);
	if (out != NULL)
		fclose(out);
}

/* ---- after the start ---- */

static void tell(const struct handover *h)
{
	if (h->queues_taken > 0)
		log_message(h->log, LOG_STORE_TAKEN, h->queues_taken, h->sessions_taken);
	if (h->refused == -EPROTONOSUPPORT)
		log_message(h->log, LOG_STORE_FOREIGN);
	else if (h->refused < 0)
		log_message(h->log, LOG_STORE_DAMAGED);
}

void handover_settle(struct handover *h)
{
	tell(h);
	for (int i = 0; i < h->count; i++) {
		if (h->fds[i] < 0)
			continue;
		if (strncmp(h->names[i], "queue-", strlen("queue-")) != 0)
			log_message(h->log, LOG_STORE_LAYOUT, h->names[i]);
		forget(h->names[i]);
		close(h->fds[i]);
		h->fds[i] = -1;
	}
}
