/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session table against a list that is searched from end to end. */
#include "core/table.h"

#include <string.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

enum { CAPACITY = 40, FLOWS = 100 };

enum { TRANSFERRING, IDLE, CLOSING, HALF_OPEN, LISTS };

/* Its order is that of the last commit, oldest first. */
struct entry {
	struct flow flow;
	struct session *session;
	uint32_t seen;
	int list;
	bool busy;
};

struct model {
	size_t count;
	struct entry entries[CAPACITY];
	struct flow flows[FLOWS];
	size_t forgotten;
};

static void make_flows(struct random *r, struct model *m)
{
	for (size_t i = 0; i < FLOWS; i++) {
		m->flows[i] = (struct flow){
			.client = at("198.51.100.7:1"), .service = at("192.0.2.10:21"),
			.server = at("10.0.0.2:21"),
			/* many with the same bucket, some with the same id */
			.id = random_chance(r, 50) ? random_below(r, 4) << 20 : (uint32_t)random_next(r),
		};
		m->flows[i].client.port = (uint16_t)(i + 1);
	}
}

static size_t find(const struct model *m, const struct flow *flow)
{
	size_t i = 0;

	while (i < m->count && memcmp(&m->entries[i].flow.client, &flow->client, sizeof(flow->client)) != 0)
		i++;
	return i;
}

static void erase(struct model *m, size_t i)
{
	m->count--;
	memmove(m->entries + i, m->entries + i + 1, (m->count - i) * sizeof(m->entries[0]));
}

/* The entry that makes room, or count. */
static size_t victim(const struct model *m)
{
	for (int list = LISTS; list-- > 0;)
		for (size_t i = 0; i < m->count; i++)
			if (m->entries[i].list == list && !m->entries[i].busy)
				return i;
	return m->count;
}

static void count_forgotten(struct session *s, void *context)
{
	struct model *m = context;

	ck_assert_uint_ne(s->flow.client.port, 0);
	m->forgotten++;
}

static void add(struct table *t, struct model *m, const struct flow *flow, uint32_t now)
{
	size_t out = m->count == CAPACITY ? victim(m) : CAPACITY;
	bool evicted = false;
	struct session *s;

	if (find(m, flow) < m->count)
		return;
	s = table_add(t, flow, now, &evicted);
	if (m->count == CAPACITY && out == m->count) {
		ck_assert_ptr_null(s);
		return;
	}
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(evicted, out < CAPACITY);
	ck_assert(s->splices[0] == 0 && s->splices[1] == 0 && s->openings == 0 && s->created == now);
	if (out < CAPACITY)
		erase(m, out);
	m->entries[m->count++] = (struct entry){ *flow, s, now, HALF_OPEN, false };
}

static void commit(struct random *r, struct table *t, struct model *m, size_t i, uint32_t now)
{
	struct entry e = m->entries[i];
	struct dialogue d = e.session->dialogue;

	d.transferring = random_chance(r, 30);
	d.closing |= random_chance(r, 10);
	d.spoken |= random_chance(r, 70);
	table_commit(t, e.session, &d, now);
	e.seen = now;
	e.list = d.closing ? CLOSING : !d.spoken ? HALF_OPEN : d.transferring ? TRANSFERRING : IDLE;
	erase(m, i);
	m->entries[m->count++] = e;
}

static void expire(struct table *t, struct model *m, uint32_t now, uint32_t idle, size_t max)
{
	size_t expired = 0;

	const uint32_t limits[LISTS] = { 0, idle, TABLE_CLOSING_SECONDS, TABLE_HALF_OPEN_SECONDS };

	for (int list = IDLE; list < LISTS; list++) {
		uint32_t limit = limits[list];

		for (size_t i = 0; i < m->count && expired < max;) {
			const struct entry *e = &m->entries[i];

			if (e->list != list) {
				i++;
				continue;
			}
			if (e->busy || now - e->seen <= limit)
				break;
			erase(m, i);
			expired++;
		}
	}
	ck_assert_uint_eq(table_expire(t, now, idle, max), expired);
}

static void expect_silent_transfer(struct table *t, const struct model *m, uint32_t now)
{
	struct session *wanted = NULL;

	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].list == TRANSFERRING) {
			if (!m->entries[i].busy && now - m->entries[i].seen > 60)
				wanted = m->entries[i].session;
			break;
		}
	ck_assert_ptr_eq(table_silent_transfer(t, now, 60), wanted);
}

static bool count_visit(struct session *s, void *context)
{
	(void)s;
	++*(size_t *)context;
	return true;
}

static bool stop_visit(struct session *s, void *context)
{
	count_visit(s, context);
	return false;
}

static void count_walk(struct session *s, void *context)
{
	count_visit(s, context);
}

static void expect_same(struct table *t, const struct model *m)
{
	size_t visited = 0, walked = 0, position = 0;

	ck_assert_uint_eq(table_count(t), m->count);
	for (size_t i = 0; i < FLOWS; i++) {
		size_t at = find(m, &m->flows[i]);

		ck_assert_ptr_eq(table_find(t, &m->flows[i]),
				 at < m->count ? m->entries[at].session : NULL);
	}
	table_each(t, count_visit, &visited);
	while (table_walk(t, &position, 7, count_walk, &walked))
		;
	ck_assert_uint_eq(visited, m->count);
	visited = 0;
	table_each(t, stop_visit, &visited);
	ck_assert_uint_eq(visited, m->count > 0);
	ck_assert_uint_eq(walked, m->count);
}

START_TEST(a_table_does_what_a_list_does)
{
	struct random r = { 11 };

	for (int n = 0; n < 10; n++) {
		struct table *t = table_new(CAPACITY);
		struct model m = { .count = 0 };
		uint32_t now = n % 2 == 0 ? 100 : 0 - 500u;

		make_flows(&r, &m);
		table_on_remove(t, count_forgotten, &m);
		for (int step = 0; step < 1500; step++) {
			const struct flow *flow = &m.flows[random_below(&r, FLOWS)];
			size_t i = find(&m, flow);
			uint32_t kind = random_below(&r, 100);

			now += random_below(&r, 3);
			if (i == m.count) {
				if (kind < 80)
					add(t, &m, flow, now);
			} else if (kind < 50) {
				commit(&r, t, &m, i, now);
			} else if (kind < 60) {
				table_remove(t, m.entries[i].session);
				erase(&m, i);
			} else if (kind < 65) {
				m.entries[i].busy = !m.entries[i].busy;
				m.entries[i].session->busy = m.entries[i].busy;
			} else if (kind < 80) {
				(void)table_take_splice(t, m.entries[i].session, FROM_SERVER);
			} else if (kind < 84) {
				expire(t, &m, now, 100, random_below(&r, 10));
			}
			expect_silent_transfer(t, &m, now);
			if (step % 50 == 0)
				expect_same(t, &m);
		}
		expect_same(t, &m);
		table_free(t);
		ck_assert_uint_gt(m.forgotten, 0);
	}
}
END_TEST

/* Somebody makes connections up, more than there is room for. */
START_TEST(half_open_sessions_make_room_for_each_other_and_go_within_a_minute)
{
	struct table *t = table_new(CAPACITY);
	const struct dialogue open = { .spoken = true };
	struct flow flow = { .client = at("198.51.100.7:1"), .service = at("192.0.2.10:21"),
			     .server = at("10.0.0.2:21") };
	bool evicted;

	for (uint32_t i = 0; i < CAPACITY / 2; i++) {
		flow.id = i;
		table_commit(t, table_add(t, &flow, 100, &evicted), &open, 100);
	}
	for (uint32_t i = 1000; i < 21000; i++) {
		flow.id = i;
		ck_assert_ptr_nonnull(table_add(t, &flow, 200, &evicted));
	}
	for (uint32_t i = 0; i < CAPACITY / 2; i++) {
		flow.id = i;
		ck_assert_ptr_nonnull(table_find(t, &flow));
	}
	table_expire(t, 200 + TABLE_HALF_OPEN_SECONDS + 1, 7200, CAPACITY);
	ck_assert_uint_eq(table_count(t), CAPACITY / 2);
	table_free(t);
}
END_TEST

START_TEST(a_large_table_finds_every_session)
{
	enum { MANY = 20000 };
	struct table *t = table_new(MANY);
	struct random r = { 12 };
	static struct session *sessions[MANY];
	static struct flow flows[MANY];
	bool evicted;

	for (size_t i = 0; i < MANY; i++) {
		flows[i] = (struct flow){ .client = at("9.9.9.9:9"), .service = at("1.1.1.1:21"),
					  .id = (uint32_t)random_next(&r) };
		flows[i].client.addr.s6_addr[13] = (uint8_t)(i >> 8);
		flows[i].client.addr.s6_addr[14] = (uint8_t)i;
		sessions[i] = table_add(t, &flows[i], 0, &evicted);
	}
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < MANY; i++)
			if (table_find(t, &flows[i]) != sessions[i])
				ck_abort_msg("flow %zu is lost", i);
		for (size_t i = round; round == 0 && i < MANY; i += 2) {
			table_remove(t, sessions[i]);
			sessions[i] = NULL;
		}
	}
	table_free(t);
}
END_TEST

START_TEST(a_splice_is_fresh_and_comes_back_to_the_pool)
{
	struct table *t = table_new(1);
	struct flow flow = { .client = at("9.9.9.9:9"), .service = at("1.1.1.1:21") };
	bool evicted;

	for (int n = 0; n < 2000; n++) {
		struct session *s = table_add(t, &flow, 0, &evicted);

		for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
			struct splice *splice;

			ck_assert(splice_is_idle(table_splice(t, s, d)));
			splice = table_take_splice(t, s, d);
			ck_assert_ptr_nonnull(splice);
			ck_assert_ptr_eq(table_take_splice(t, s, d), splice);
			ck_assert(splice_is_idle(splice) && !splice->withheld);
			*splice = (struct splice){ 1, 2, 3, true, 4, "x", { { 0 } } };
			ck_assert_ptr_eq(table_splice(t, s, d), splice);
		}
		ck_assert(!table_splices_scarce(t));
		if (n % 2 == 0)
			table_drop_splice(t, s, FROM_CLIENT);
		table_remove(t, s);
	}
	table_free(t);
}
END_TEST

START_TEST(the_pool_of_splices_is_scarce_before_it_is_empty)
{
	struct table *t = table_new(4096);
	struct flow flow = { .client = at("9.9.9.9:9"), .service = at("1.1.1.1:21") };
	struct session *s;
	struct splice *splice;
	bool evicted;
	size_t taken = 0, scarce = 0;

	for (uint32_t i = 0; i < 4096; i++) {
		flow.id = i;
		s = table_add(t, &flow, 0, &evicted);
		splice = table_take_splice(t, s, FROM_CLIENT);
		if (splice == NULL)
			break;
		splice->shift = 1; /* cannot be done without */
		taken++;
		if (scarce == 0 && table_splices_scarce(t))
			scarce = taken;
	}
	ck_assert_uint_eq(scarce, taken / 2);
	ck_assert_uint_lt(taken, 4096);
	table_remove(t, s);
	table_free(t);
}
END_TEST

/* A client that never acknowledges a reply holds its splice; it is not missed by others. */
START_TEST(a_full_pool_takes_back_what_can_be_done_without)
{
	struct table *t = table_new(4096);
	struct flow flow = { .client = at("9.9.9.9:9"), .service = at("1.1.1.1:21") };
	struct session *first = NULL;
	bool evicted;

	for (uint32_t i = 0; i < 4096; i++) {
		struct session *s;
		struct splice *splice;

		flow.id = i;
		s = table_add(t, &flow, 0, &evicted);
		splice = table_take_splice(t, s, FROM_SERVER);
		ck_assert_ptr_nonnull(splice);
		splice->edit_count = 1;
		splice->edits[0] = (struct edit){ .start = i, .size = 5, .text_size = 5 };
		if (first == NULL)
			first = s;
		ck_assert_uint_eq(table_splice(t, s, FROM_SERVER)->edits[0].start, i);
	}
	ck_assert_uint_eq(first->splices[FROM_SERVER], 0);
	table_free(t);
}
END_TEST

START_TEST(a_client_that_comes_again_to_another_server_is_another_session)
{
	struct table *t = table_new(4);
	struct flow flow = {
		.client = at("9.9.9.9:9"), .service = at("1.1.1.1:21"), .server = at("10.0.0.2:21"),
	};
	bool evicted;

	table_add(t, &flow, 0, &evicted);
	ck_assert_ptr_nonnull(table_find(t, &flow));
	flow.server = at("10.0.0.3:21");
	ck_assert_ptr_null(table_find(t, &flow));
	table_free(t);
}
END_TEST

START_TEST(an_empty_table_can_be_freed)
{
	struct table *t = table_new(0);
	struct flow flow = { .id = 1 };
	bool evicted;

	ck_assert_ptr_null(table_find(t, &flow));
	ck_assert_ptr_null(table_add(t, &flow, 0, &evicted));
	ck_assert(!evicted);
	table_free(t);
	table_free(NULL);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("table");

	tcase_add_test(t, a_table_does_what_a_list_does);
	tcase_add_test(t, half_open_sessions_make_room_for_each_other_and_go_within_a_minute);
	tcase_add_test(t, a_large_table_finds_every_session);
	tcase_add_test(t, a_splice_is_fresh_and_comes_back_to_the_pool);
	tcase_add_test(t, the_pool_of_splices_is_scarce_before_it_is_empty);
	tcase_add_test(t, a_full_pool_takes_back_what_can_be_done_without);
	tcase_add_test(t, a_client_that_comes_again_to_another_server_is_another_session);
	tcase_add_test(t, an_empty_table_can_be_freed);
	return run_suite("table", t);
}
