/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of adjusted sessions, as the next daemon finds it after a crash. */
#include "traffic/journal.h"

#include "core/session_record.h"
#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 5000, ROOM = JOURNAL_SLOTS + 10 };

static struct table *table;
static struct journal *journal;

static struct flow flow(uint32_t id)
{
	return (struct flow){ .client = at("198.51.100.7:40000"), .service = at("192.0.2.10:21"),
			      .server = at("10.0.0.2:21"), .id = id };
}

static struct session *add(uint32_t id, uint32_t shift)
{
	const struct flow f = flow(id);
	bool evicted;
	struct session *s = table_add(table, &f, NOW - 100, &evicted);

	s->adjusted = true;
	s->dialogue.streams[FROM_SERVER].next = 7000 + id;
	table_take_splice(table, s, FROM_SERVER)->shift = shift;
	return s;
}

static void begin(void)
{
	table = table_new(ROOM * 16);
	ck_assert_int_eq(journal_open(&journal), 0);
}

static void end(void)
{
	journal_close(journal);
	table_free(table);
}

/* What the next daemon has; the journal's own memory is still mapped, as a crash leaves it. */
static struct table *recover(uint32_t now, int error)
{
	struct table *after = table_new(ROOM * 16);

	ck_assert_int_eq(journal_read(journal_fd(journal), now, after), error);
	return after;
}

static uint32_t shift_of(struct table *t, uint32_t id)
{
	const struct flow f = flow(id);
	const struct session *s = table_find(t, &f);

	return s == NULL ? UINT32_MAX : table_splice(t, s, FROM_SERVER)->shift;
}

START_TEST(a_session_comes_back_as_it_was_written_last)
{
	struct session *s = add(1, 2);
	struct table *after;

	for (uint32_t shift = 2; shift < 9; shift++) {
		table_take_splice(table, s, FROM_SERVER)->shift = shift;
		journal_put(journal, table, s, NOW);
		after = recover(NOW + 3, 0);
		ck_assert_uint_eq(table_count(after), 1);
		ck_assert_uint_eq(shift_of(after, 1), shift);
		table_free(after);
	}
	after = recover(NOW + 3, 0);
	s = table_find(after, &s->flow);
	ck_assert(s->adjusted);
	ck_assert_uint_eq(s->created, NOW - 100);
	ck_assert_uint_eq(s->dialogue.streams[FROM_SERVER].next, 7001);
	table_free(after);
}
END_TEST

START_TEST(a_session_that_is_over_does_not_come_back)
{
	const struct flow second = flow(2);
	struct table *after;

	for (uint32_t id = 1; id <= 3; id++)
		journal_put(journal, table, add(id, id), NOW);
	journal_drop(journal, table_find(table, &second));
	journal_drop(journal, add(9, 1)); /* it has never been there */
	after = recover(NOW, 0);
	ck_assert_uint_eq(table_count(after), 2);
	ck_assert_uint_eq(shift_of(after, 2), UINT32_MAX);
	table_free(after);
}
END_TEST

/* Killed while a record is being written, at whatever byte: the one before it counts. */
START_TEST(a_record_that_was_not_finished_does_not_count)
{
	struct session *s = add(1, 5);
	struct stat status;
	uint8_t *memory;
	struct table *after;

	journal_put(journal, table, s, NOW);
	ck_assert_int_eq(fstat(journal_fd(journal), &status), 0);
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, journal_fd(journal), 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	/* The other half of the slot lies behind this one's. */
	for (size_t i = SESSION_RECORD_MAX + 100; i < 2 * SESSION_RECORD_MAX; i++)
		memory[i] = 0xff;
	after = recover(NOW, 0);
	ck_assert_uint_eq(shift_of(after, 1), 5);
	table_free(after);
	munmap(memory, (size_t)status.st_size);
}
END_TEST

START_TEST(no_byte_can_do_harm)
{
	struct random r = { 3 };
	struct stat status;
	uint8_t *memory;

	for (uint32_t id = 1; id <= 4; id++) {
		struct session *s = add(id, id);

		journal_put(journal, table, s, NOW);
		journal_put(journal, table, s, NOW);
	}
	ck_assert_int_eq(fstat(journal_fd(journal), &status), 0);
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, journal_fd(journal), 0);
	for (int n = 0; n < 1000; n++) {
		size_t i = random_below(&r, 5 * 2 * SESSION_RECORD_MAX);
		uint8_t was = memory[i];
		struct table *after = table_new(16);

		memory[i] ^= (uint8_t)random_between(&r, 1, 255);
		(void)!journal_read(journal_fd(journal), NOW, after);
		ck_assert_uint_le(table_count(after), 4);
		memory[i] = was;
		table_free(after);
	}
	munmap(memory, (size_t)status.st_size);
}
END_TEST

START_TEST(another_file_is_refused)
{
	int fd = memfd_create("other", 0);
	struct table *after = table_new(16);

	ck_assert_int_eq(journal_read(fd, NOW, after), -EPROTONOSUPPORT);
	ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
	ck_assert_int_eq(journal_read(fd, NOW, after), -EPROTONOSUPPORT);
	ck_assert_int_eq(pwrite(journal_fd(journal), "\xff", 1, sizeof("ftpalgd journal")), 1);
	ck_assert_int_eq(journal_read(journal_fd(journal), NOW, after), -EPROTONOSUPPORT);
	ck_assert_uint_eq(table_count(after), 0);
	table_free(after);
	close(fd);
}
END_TEST

/* Those beyond its slots are left out; a slot that is given back is used again. */
START_TEST(a_full_journal_goes_on)
{
	struct session *first = NULL;
	struct table *after;

	for (uint32_t id = 0; id < JOURNAL_SLOTS + 2; id++) {
		struct session *s = add(id + 1, 1);

		first = first == NULL ? s : first;
		journal_put(journal, table, s, NOW);
	}
	journal_drop(journal, first);
	journal_put(journal, table, add(JOURNAL_SLOTS + 3, 1), NOW);
	after = recover(NOW, 0);
	ck_assert_uint_eq(table_count(after), JOURNAL_SLOTS);
	ck_assert_uint_eq(shift_of(after, 1), UINT32_MAX);
	ck_assert_uint_eq(shift_of(after, JOURNAL_SLOTS + 2), UINT32_MAX);
	ck_assert_uint_eq(shift_of(after, JOURNAL_SLOTS + 3), 1);
	table_free(after);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_session_comes_back_as_it_was_written_last);
	tcase_add_test(tcase, a_session_that_is_over_does_not_come_back);
	tcase_add_test(tcase, a_record_that_was_not_finished_does_not_count);
	tcase_add_test(tcase, no_byte_can_do_harm);
	tcase_add_test(tcase, another_file_is_refused);
	tcase_add_test(tcase, a_full_journal_goes_on);
	return run_suite("journal", tcase);
}
