/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define MAGIC "ftpalgd sessions"

enum {
	/* To be raised with every change of what a session or a splice means. */
	LAYOUT = 1,
	BARRIER_US = 5000000,
	NAME_MAX_SIZE = 32,
};

struct header {
	char magic[sizeof(MAGIC)];
	uint32_t layout;
	uint32_t session_size;
	uint32_t splice_size;
	uint32_t count;
};

struct handover {
	struct log *log;
	int count;
	char **names; /* of the descriptors from SD_LISTEN_FDS_START on */
	int *fds;     /* -1: taken */
};

int handover_open(struct log *log, struct handover **out)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->log = log;
	h->count = sd_listen_fds_with_names(1, &h->names);
	if (h->count < 0)
		h->count = 0;
	h->fds = calloc((size_t)h->count + 1, sizeof(*h->fds));
	if (h->fds == NULL) {
		free(h);
		return -ENOMEM;
	}
	for (int i = 0; i < h->count; i++) {
		h->fds[i] = SD_LISTEN_FDS_START + i;
		fcntl(h->fds[i], F_SETFD, FD_CLOEXEC);
	}
	*out = h;
	return 0;
}

static void forget(const char *name)
{
	sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void handover_close(struct handover *h)
{
	if (h == NULL)
		return;
	for (int i = 0; i < h->count; i++) {
		if (h->fds[i] >= 0) {
			forget(h->names[i]);
			close(h->fds[i]);
		}
		free(h->names[i]);
	}
	free(h->names);
	free(h->fds);
	free(h);
}

static int take(struct handover *h, const char *kind, uint16_t number)
{
	char name[NAME_MAX_SIZE];

	snprintf(name, sizeof(name), "%s-%u", kind, number);
	for (int i = 0; i < h->count; i++)
		if (h->fds[i] >= 0 && strcmp(h->names[i], name) == 0) {
			int fd = h->fds[i];

			h->fds[i] = -1;
			return fd;
		}
	return -1;
}

static void store(struct log *log, const char *kind, uint16_t number, int fd)
{
	char state[NAME_MAX_SIZE + 64];
	int stored;

	snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s-%u", kind, number);
	stored = sd_pid_notify_with_fds(0, 0, state, &fd, 1);
	if (stored < 0)
		log_message(log, LOG_STORE_REFUSED, kind, number, strerror(-stored));
}

int handover_take_queue(struct handover *h, uint16_t number)
{
	return take(h, "queue", number);
}

void handover_store_queue(struct log *log, uint16_t number, int fd)
{
	store(log, "queue", number, fd);
}

/* ---- sessions ---- */

static struct header header_of(size_t count)
{
	return (struct header){
		.magic = MAGIC,
		.layout = LAYOUT,
		.session_size = sizeof(struct session),
		.splice_size = sizeof(struct splice),
		.count = (uint32_t)count,
	};
}

/* Whether this very version wrote the file. */
static bool is_ours(const struct header *header)
{
	const struct header own = header_of(header->count);

	return memcmp(header, &own, sizeof(own)) == 0;
}

static bool load_splices(struct table *table, struct session *s, const struct session *saved, FILE *in)
{
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct splice saved_splice, *splice;

		if (saved->splices[d] == 0)
			continue;
		if (fread(&saved_splice, sizeof(saved_splice), 1, in) != 1 ||
		    saved_splice.edit_count > SPLICE_EDITS || saved_splice.partial_size > PARTIAL_MAX)
			return false;
		splice = table_take_splice(table, s, d);
		if (splice == NULL)
			return false;
		*splice = saved_splice;
	}
	return true;
}

static bool load_session(struct table *table, FILE *in)
{
	struct session saved, *s;
	bool evicted;

	if (fread(&saved, sizeof(saved), 1, in) != 1)
		return false;
	s = table_add(table, &saved.flow, saved.seen, &evicted);
	if (s == NULL)
		return false;
	table_commit(table, s, &saved.dialogue, saved.seen);
	s->created = saved.created;
	s->openings = saved.openings;
	s->adjusted = saved.adjusted;
	if (!load_splices(table, s, &saved, in)) {
		table_remove(table, s);
		return false;
	}
	return true;
}

size_t handover_load_sessions(struct handover *h, uint16_t number, struct table *table)
{
	int fd = take(h, "sessions", number);
	struct header header;
	uint32_t loaded = 0;
	FILE *in;

	if (fd < 0)
		return 0;
	in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return 0;
	}
	rewind(in);
	if (fread(&header, sizeof(header), 1, in) != 1 || !is_ours(&header))
		log_message(h->log, LOG_STORE_FOREIGN, number);
	else
		while (loaded < header.count && load_session(table, in))
			loaded++;
	fclose(in);
	return loaded;
}

struct saving {
	struct table *table;
	FILE *out;
};

static bool save_session(struct session *s, void *context)
{
	struct saving *saving = context;

	if (fwrite(s, sizeof(*s), 1, saving->out) != 1)
		return false;
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		if (s->splices[d] != 0 && fwrite(table_splice(saving->table, s, d),
						 sizeof(struct splice), 1, saving->out) != 1)
			return false;
	return true;
}

void handover_store_sessions(struct log *log, uint16_t number, struct table *table)
{
	struct header header = header_of(table_count(table));
	struct saving saving = { .table = table };
	int fd;

	if (getenv("NOTIFY_SOCKET") == NULL)
		return;
	fd = memfd_create("sessions", MFD_CLOEXEC);
	saving.out = fd < 0 ? NULL : fdopen(fd, "w");
	if (saving.out == NULL) {
		log_message(log, LOG_STORE_MEMORY, number, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fwrite(&header, sizeof(header), 1, saving.out) == 1)
		table_each(table, save_session, &saving);
	if (fflush(saving.out) == 0 && !ferror(saving.out))
		store(log, "sessions", number, fd);
	else
		log_message(log, LOG_STORE_FULL, number);
	fclose(saving.out);
}

void handover_finish(void)
{
	sd_notify_barrier(0, BARRIER_US);
}
