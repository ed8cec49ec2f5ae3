/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/journal.h"

#include "core/session_record.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "ftpalgd journal"

struct half {
	uint32_t written; /* seconds, monotonic: the moment that the record's ages are of */
	uint32_t size;
	uint8_t record[SESSION_RECORD_MAX];
};

enum { SLOT_EMPTY, SLOT_FIRST, SLOT_SECOND };

struct slot {
	_Atomic uint8_t counts; /* SLOT_EMPTY, or which half */
	struct half halves[2];
};

struct memory {
	char magic[sizeof(MAGIC)];
	uint8_t format;
	_Atomic uint32_t used; /* no slot behind these ever was */
	struct slot slots[JOURNAL_SLOTS];
};

struct journal {
	int fd;
	struct memory *memory;
	uint16_t free[JOURNAL_SLOTS]; /* a stack of slots, with one added to each: 0 is no slot */
	size_t free_count;
};

int journal_open(struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	int error = 0;

	if (j == NULL)
		return -ENOMEM;
	j->fd = memfd_create("adjusted", MFD_CLOEXEC);
	if (j->fd < 0 || ftruncate(j->fd, sizeof(*j->memory)) < 0)
		error = -errno;
	if (error == 0)
		j->memory = mmap(NULL, sizeof(*j->memory), PROT_READ | PROT_WRITE, MAP_SHARED, j->fd, 0);
	if (error == 0 && j->memory == MAP_FAILED) {
		error = -errno;
		j->memory = NULL;
	}
	if (error < 0) {
		journal_close(j);
		return error;
	}
	memcpy(j->memory->magic, MAGIC, sizeof(MAGIC));
	j->memory->format = SESSION_RECORD_FORMAT;
	while (j->free_count < JOURNAL_SLOTS) {
		j->free[j->free_count] = (uint16_t)(JOURNAL_SLOTS - j->free_count);
		j->free_count++;
	}
	*out = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->memory != NULL)
		munmap(j->memory, sizeof(*j->memory));
	if (j->fd >= 0)
		close(j->fd);
	free(j);
}

int journal_fd(const struct journal *j)
{
	return j->fd;
}

void journal_put(struct journal *j, const struct table *table, struct session *s, uint32_t now)
{
	struct slot *slot;
	uint8_t next;
	struct half *half;

	if (s->journal_slot == 0 && j->free_count == 0)
		return;
	if (s->journal_slot == 0)
		s->journal_slot = j->free[--j->free_count];
	slot = &j->memory->slots[s->journal_slot - 1];
	next = slot->counts == SLOT_FIRST ? SLOT_SECOND : SLOT_FIRST;
	half = &slot->halves[next - SLOT_FIRST];
	if (s->journal_slot > j->memory->used)
		j->memory->used = s->journal_slot;
	half->written = now;
	half->size = (uint32_t)session_record_write(table, s, now, half->record);
	atomic_store_explicit(&slot->counts, next, memory_order_release);
}

void journal_drop(struct journal *j, struct session *s)
{
	if (s->journal_slot == 0)
		return;
	atomic_store_explicit(&j->memory->slots[s->journal_slot - 1].counts, SLOT_EMPTY, memory_order_release);
	j->free[j->free_count++] = s->journal_slot;
	s->journal_slot = 0;
}

/* What was written may be of any size and age: only the record's reader knows what is right. */
static int read_slot(const struct slot *slot, uint32_t now, struct table *table)
{
	const struct half *half = &slot->halves[slot->counts == SLOT_SECOND];
	int error;

	if (slot->counts == SLOT_EMPTY)
		return 0;
	if (half->size > sizeof(half->record) || half->written > now)
		return -EBADMSG;
	error = session_record_read(half->record, half->size, half->written, table);
	return error == -ENOSPC ? 0 : error;
}

int journal_read(int fd, uint32_t now, struct table *table)
{
	const struct memory *memory;
	struct stat status;
	uint32_t used;
	int error = 0;

	if (fstat(fd, &status) < 0 || status.st_size != sizeof(*memory))
		return -EPROTONOSUPPORT;
	memory = mmap(NULL, sizeof(*memory), PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	if (memcmp(memory->magic, MAGIC, sizeof(MAGIC)) != 0 || memory->format != SESSION_RECORD_FORMAT)
		error = -EPROTONOSUPPORT;
	used = memory->used < JOURNAL_SLOTS ? memory->used : JOURNAL_SLOTS;
	for (size_t i = 0; error != -EPROTONOSUPPORT && i < used; i++)
		if (read_slot(&memory->slots[i], now, table) < 0)
			error = -EBADMSG;
	munmap((void *)(uintptr_t)memory, sizeof(*memory));
	return error;
}
