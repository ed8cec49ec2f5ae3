/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/discovery.h"

#include "kernel/tcp_diag.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdlib.h>
#include <string.h>

#include "../support/run.h"

enum { LIMIT = 16 };

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static void see(struct sightings *s, const char *text)
{
	const struct endpoint e = at(text);

	ck_assert_int_eq(sightings_add(s, &e, LIMIT), 0);
}

/* What a look saw: at most two. */
static struct sightings seen(const char *a, const char *b)
{
	struct sightings s = { 0 };

	if (a != NULL)
		see(&s, a);
	if (b != NULL)
		see(&s, b);
	sightings_settle(&s);
	return s;
}

/* The next look, which sees a and b, at that second. */
static void look(struct sightings *s, const char *a, const char *b, uint64_t now)
{
	struct sightings next = seen(a, b);

	ck_assert_int_eq(sightings_keep(&next, s, LIMIT, now), 0);
	sightings_free(s);
	*s = next;
}

START_TEST(what_comes_back_in_time_was_never_away)
{
	struct sightings s = seen("192.0.2.11:21", "192.0.2.10:21");
	struct sightings all = seen("192.0.2.10:21", "192.0.2.11:21");

	look(&s, NULL, NULL, 100);
	ck_assert(sightings_equal(&s, &all));
	look(&s, NULL, "192.0.2.11:21", 109);
	ck_assert(sightings_equal(&s, &all));
	look(&s, "192.0.2.10:21", "192.0.2.11:21", 200);
	ck_assert(sightings_equal(&s, &all));
	look(&s, "192.0.2.10:21", NULL, 300);
	look(&s, "192.0.2.10:21", NULL, 309);
	ck_assert(sightings_equal(&s, &all));
	sightings_free(&s);
	sightings_free(&all);
}
END_TEST

START_TEST(what_stays_away_goes)
{
	struct sightings s = seen("192.0.2.10:21", "192.0.2.11:21");
	struct sightings one = seen("192.0.2.11:21", NULL);

	for (uint64_t now = 100; now < 100 + SIGHTINGS_GRACE_SECONDS; now += 2) {
		look(&s, "192.0.2.11:21", NULL, now);
		ck_assert_uint_eq(s.count, 2);
	}
	look(&s, "192.0.2.11:21", NULL, 100 + SIGHTINGS_GRACE_SECONDS);
	ck_assert(sightings_equal(&s, &one));
	sightings_free(&s);
	sightings_free(&one);
}
END_TEST

START_TEST(what_is_new_is_seen_beside_what_is_missing)
{
	struct sightings s = seen("192.0.2.10:21", NULL);
	struct sightings all = seen("192.0.2.9:21", "192.0.2.10:21");

	look(&s, "192.0.2.9:21", NULL, 100);
	ck_assert(sightings_equal(&s, &all));
	sightings_free(&s);
	sightings_free(&all);
}
END_TEST

START_TEST(what_is_over_the_limit_is_left_out)
{
	struct sightings s = { 0 }, before = { 0 };

	for (int i = 0; i < 2 * LIMIT; i++) {
		struct endpoint e = at("192.0.2.10:1");

		e.port = (uint16_t)(2000 + i);
		ck_assert_int_eq(sightings_add(i < LIMIT ? &before : &s, &e, LIMIT), 0);
		ck_assert_int_eq(sightings_add(&s, &e, LIMIT), 0);
	}
	ck_assert_uint_eq(s.count, LIMIT);
	sightings_settle(&s);
	sightings_settle(&before);
	ck_assert_int_eq(sightings_keep(&s, &before, LIMIT, 1), 0);
	ck_assert_uint_le(s.count, LIMIT);
	sightings_free(&s);
	sightings_free(&before);
}
END_TEST

/* ---- what is taken ---- */

static bool has(const struct sightings *s, const char *text)
{
	const struct endpoint e = at(text);

	for (size_t i = 0; i < s->count; i++)
		if (endpoint_equal(&s->list[i], &e))
			return true;
	return false;
}

START_TEST(taken_is_all_of_it_in_order_and_once)
{
	struct discovery d = { 0 };

	see(&d.virtuals, "192.0.2.10:443");
	see(&d.virtuals, "192.0.2.10:21");
	see(&d.ends, "10.0.0.2:3306");
	see(&d.ends, "10.0.0.1:8080");
	see(&d.ends, "10.0.0.2:3306");
	see(&d.listeners, "0.0.0.0:22");
	see(&d.listeners, "[::]:22");
	see(&d.listeners, "192.0.2.10:443");
	ck_assert_int_eq(discovery_settle(&d, NULL, 1), 0);
	ck_assert_uint_eq(d.taken.count, 6);
	for (size_t i = 1; i < d.taken.count; i++)
		ck_assert_int_lt(endpoint_compare(&d.taken.list[i - 1], &d.taken.list[i]), 0);
	ck_assert(has(&d.taken, "192.0.2.10:443") && has(&d.taken, "10.0.0.2:3306") &&
		  has(&d.taken, "[::]:22") && has(&d.taken, "0.0.0.0:22"));
	discovery_free(&d);
}
END_TEST

START_TEST(taken_stays_for_a_while)
{
	struct discovery before = { 0 }, d = { 0 }, later = { 0 };

	see(&before.virtuals, "192.0.2.10:443");
	see(&before.listeners, "0.0.0.0:8080");
	ck_assert_int_eq(discovery_settle(&before, NULL, 1), 0);
	ck_assert_int_eq(discovery_settle(&d, &before, 3), 0);
	ck_assert_uint_eq(d.taken.count, 2);
	ck_assert_int_eq(discovery_settle(&later, &d, 3 + SIGHTINGS_GRACE_SECONDS), 0);
	ck_assert_uint_eq(later.taken.count, 0);
	discovery_free(&before);
	discovery_free(&d);
	discovery_free(&later);
}
END_TEST

/* ---- sockets ---- */

static uint8_t answer[256] __attribute__((aligned(NLMSG_ALIGNTO)));

/* As the kernel says that a socket listens there; v6only < 0: it does not say. */
static const struct nlmsghdr *socket_at(const char *text, int v6only)
{
	const struct endpoint e = at(text);
	const struct in_addr ipv4 = endpoint_ipv4(&e);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(answer);
	struct inet_diag_msg *message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));

	message->idiag_family = endpoint_is_ipv4(&e) ? AF_INET : AF_INET6;
	message->id.idiag_sport = htons(e.port);
	if (endpoint_is_ipv4(&e))
		memcpy(message->id.idiag_src, &ipv4, sizeof(ipv4));
	else
		memcpy(message->id.idiag_src, &e.addr, sizeof(e.addr));
	if (v6only >= 0)
		mnl_attr_put_u8(nlh, INET_DIAG_SKV6ONLY, (uint8_t)v6only);
	return nlh;
}

static const struct {
	const char *socket;
	int v6only;
	bool takes_ipv4;
} sockets[] = {
	{ "0.0.0.0:22", -1, false },      { "192.0.2.10:8080", -1, false },   { "[::]:22", 1, false },
	{ "[::]:22", 0, true },           { "[::]:22", -1, true },            { "[2001:db8::10]:80", 0, false },
	{ "[2001:db8::10]:80", 1, false },
};

START_TEST(where_a_socket_listens_is_read)
{
	const struct endpoint wanted = at(sockets[_i].socket);
	struct endpoint local;
	bool takes_ipv4;

	ck_assert_int_eq(tcp_diag_read(socket_at(sockets[_i].socket, sockets[_i].v6only), &local,
				       &takes_ipv4), 0);
	ck_assert(endpoint_equal(&local, &wanted));
	ck_assert_int_eq(takes_ipv4, sockets[_i].takes_ipv4);
}
END_TEST

START_TEST(an_answer_that_is_too_short_is_refused)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(answer);
	struct endpoint local;
	bool takes_ipv4;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct inet_diag_msg) - 4);
	ck_assert_int_eq(tcp_diag_read(nlh, &local, &takes_ipv4), -EPROTO);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("discovery");

	tcase_add_test(t, what_comes_back_in_time_was_never_away);
	tcase_add_test(t, what_stays_away_goes);
	tcase_add_test(t, what_is_new_is_seen_beside_what_is_missing);
	tcase_add_test(t, what_is_over_the_limit_is_left_out);
	tcase_add_test(t, taken_is_all_of_it_in_order_and_once);
	tcase_add_test(t, taken_stays_for_a_while);
	tcase_add_loop_test(t, where_a_socket_listens_is_read, 0, sizeof(sockets) / sizeof(sockets[0]));
	tcase_add_test(t, an_answer_that_is_too_short_is_refused);
	return run_suite("discovery", t);
}
