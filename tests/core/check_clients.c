/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each client address holds. */
#include "core/clients.h"

#include <stdio.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

enum { CAPACITY = 64, NOW = 1000 };

static struct table *table;
static struct clients *clients;
static uint32_t next_id;

static void begin(void)
{
	table = table_new(CAPACITY);
	clients = clients_new(table, CAPACITY, 12345);
	ck_assert_ptr_nonnull(table);
	ck_assert_ptr_nonnull(clients);
}

static void end(void)
{
	clients_free(clients);
	table_free(table);
}

static struct flow flow_of(const char *client)
{
	return (struct flow){
		.client = at(client), .service = at("192.0.2.10:21"), .server = at("10.0.0.2:21"),
		.id = ++next_id, .has_helper = true,
	};
}

static struct session *add(const char *client, uint32_t seen)
{
	const struct flow flow = flow_of(client);
	bool evicted;
	struct session *s = table_add(table, &flow, seen, &evicted);

	ck_assert_ptr_nonnull(s);
	clients_add_session(clients, s);
	return s;
}

static void leave(struct session *s)
{
	clients_remove_session(clients, s);
	table_remove(table, s);
}

static struct want passive(uint16_t port)
{
	return (struct want){ .mode = MODE_PASSIVE, .port = port, .made = true };
}

static void open_port(const struct flow *flow, uint16_t port, uint32_t until)
{
	const struct want want = passive(port);

	clients_add_opening(clients, flow, &want, until);
}

START_TEST(a_network_of_64_bits_is_one_client_and_an_ipv4_address_is_one)
{
	const struct endpoint same[] = { at("[2001:db8::1]:1"), at("[2001:db8::ffff:2]:9") };
	const struct endpoint other[] = { at("[2001:db8:0:1::1]:1"), at("198.51.100.7:1"), at("198.51.100.8:1") };

	ck_assert_uint_eq(client_key(&same[0]), client_key(&same[1]));
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_ne(client_key(&same[0]), client_key(&other[i]));
		ck_assert_uint_ne(client_key(&other[i]), client_key(&other[(i + 1) % 3]));
	}
}
END_TEST

START_TEST(a_client_s_own_silent_session_gives_way)
{
	const struct endpoint one = at("198.51.100.7:9"), other = at("198.51.100.8:9");
	struct session *oldest = add("198.51.100.7:1", 30), *silent = add("198.51.100.7:2", 10);

	add("198.51.100.8:1", 1);
	ck_assert_ptr_null(clients_surplus(clients, &one, 3));
	ck_assert_ptr_null(clients_surplus(clients, &other, 2));
	ck_assert_ptr_eq(clients_surplus(clients, &one, 2), silent);
	silent->busy = 1;
	ck_assert_ptr_eq(clients_surplus(clients, &one, 2), oldest);
	oldest->busy = 1;
	ck_assert_ptr_null(clients_surplus(clients, &one, 2));
	silent->busy = oldest->busy = 0;
	leave(silent);
	ck_assert_ptr_null(clients_surplus(clients, &one, 2));
}
END_TEST

/* Conntrack has lost an entry and made another one: the session is found by its ends, and then by the new id. */
START_TEST(a_session_is_found_by_its_ends_when_its_id_has_changed)
{
	struct session *s = add("198.51.100.7:1", 10), *found;
	struct flow before, after = flow_of("198.51.100.7:1"), stranger = flow_of("198.51.100.7:3");

	add("198.51.100.7:2", 10);
	before = s->flow;
	ck_assert_ptr_null(table_find(table, &after));
	found = clients_same_ends(clients, &after);
	ck_assert_ptr_eq(found, s);
	ck_assert_ptr_null(clients_same_ends(clients, &stranger));
	table_rekey(table, s, &after);
	ck_assert_ptr_eq(table_find(table, &after), s);
	ck_assert_ptr_null(table_find(table, &before));
	leave(s);
	ck_assert_ptr_null(table_find(table, &after));
	ck_assert_ptr_null(clients_same_ends(clients, &after));
}
END_TEST

START_TEST(openings_are_a_client_s_and_go_with_their_time)
{
	const struct flow one = flow_of("198.51.100.7:1"), other = flow_of("198.51.100.8:1");
	const struct want second = passive(50001);
	struct held_opening *held;

	for (uint16_t i = 0; i < 3; i++)
		open_port(&one, (uint16_t)(50000 + i), NOW + 10 + i);
	open_port(&other, 50000, NOW + 60);
	ck_assert_uint_eq(clients_openings(clients, &one.client), 3);
	ck_assert_uint_eq(clients_openings(clients, &other.client), 1);
	clients_remove_opening(clients, &other, &second);
	clients_remove_opening(clients, &one, &second);
	held = clients_oldest_opening(clients, &one.client);
	ck_assert_uint_eq(held->want.port, 50000);
	held = clients_newer_opening(clients, held);
	ck_assert_uint_eq(held->want.port, 50002);
	ck_assert_ptr_null(clients_newer_opening(clients, held));
	clients_expire_openings(clients, NOW + 10);
	ck_assert_uint_eq(clients_openings(clients, &one.client), 1);
	clients_expire_openings(clients, NOW + 12);
	ck_assert_uint_eq(clients_openings(clients, &one.client), 0);
	ck_assert_uint_eq(clients_openings(clients, &other.client), 1);
}
END_TEST

START_TEST(of_very_many_openings_the_newest_are_counted)
{
	const struct flow first = flow_of("198.51.100.7:1"), other = flow_of("198.51.100.8:1");

	open_port(&first, 50000, NOW + 60);
	for (uint32_t i = 0; i < CLIENTS_OPENINGS_MAX + 7; i++)
		open_port(&other, (uint16_t)i, NOW + 60);
	ck_assert_uint_eq(clients_openings(clients, &first.client), 0);
	ck_assert_uint_eq(clients_openings(clients, &other.client), CLIENTS_OPENINGS_MAX);
	ck_assert_uint_eq(clients_oldest_opening(clients, &other.client)->want.port, 7);
}
END_TEST

START_TEST(events_of_one_client_are_limited_by_time)
{
	const struct endpoint one = at("198.51.100.7:9"), other = at("198.51.100.8:9");

	add("198.51.100.7:1", NOW);
	add("198.51.100.8:1", NOW);
	for (int i = 0; i < 5; i++)
		ck_assert(clients_may_note(clients, &one, NOW, 60, 5));
	ck_assert(!clients_may_note(clients, &one, NOW + 59, 60, 5));
	ck_assert(clients_may_note(clients, &other, NOW + 59, 60, 5));
	ck_assert(clients_may_note(clients, &one, NOW + 60, 60, 5));
}
END_TEST

/* Against counts that are kept in an array. */
START_TEST(counts_stay_right_whatever_comes_and_goes)
{
	enum { ADDRESSES = 12, STEPS = 40000 };
	struct random r = { (uint64_t)_i + 1 };
	struct session *sessions[CAPACITY] = { NULL };
	unsigned int whose[CAPACITY], held[ADDRESSES] = { 0 };

	for (int step = 0; step < STEPS; step++) {
		size_t i = random_below(&r, CAPACITY);
		unsigned int address = (unsigned int)random_below(&r, ADDRESSES);
		struct endpoint client;
		char text[64];

		snprintf(text, sizeof(text), address % 2 == 0 ? "198.51.100.%u:%u" : "[2001:db8:0:%x::7]:%u",
			 address, step % 60000 + 1);
		client = at(text);
		if (sessions[i] != NULL) {
			held[whose[i]]--;
			leave(sessions[i]);
			sessions[i] = NULL;
		} else {
			sessions[i] = add(text, NOW);
			whose[i] = address;
			held[address]++;
		}
		ck_assert_int_eq(clients_surplus(clients, &client, held[address] + 1) == NULL, true);
		if (held[address] > 0)
			ck_assert_ptr_nonnull(clients_surplus(clients, &client, held[address]));
		if (random_chance(&r, 30)) {
			const struct flow flow = flow_of(text);

			open_port(&flow, (uint16_t)step, NOW + (uint32_t)step / 64);
			clients_expire_openings(clients, NOW + (uint32_t)step / 64 - 1);
		}
	}
	for (size_t i = 0; i < CAPACITY; i++)
		if (sessions[i] != NULL)
			leave(sessions[i]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("clients");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_network_of_64_bits_is_one_client_and_an_ipv4_address_is_one);
	tcase_add_test(tcase, a_client_s_own_silent_session_gives_way);
	tcase_add_test(tcase, a_session_is_found_by_its_ends_when_its_id_has_changed);
	tcase_add_test(tcase, openings_are_a_client_s_and_go_with_their_time);
	tcase_add_test(tcase, of_very_many_openings_the_newest_are_counted);
	tcase_add_test(tcase, events_of_one_client_are_limited_by_time);
	tcase_add_loop_test(tcase, counts_stay_right_whatever_comes_and_goes, 0, 4);
	return run_suite("clients", tcase);
}
