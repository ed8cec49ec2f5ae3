/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which connections are kept alive in IPVS, chosen from what conntrack knows.
 */
#include "kernel/conntrack_list.h"
#include "core/flow.h"
#include "traffic/keep_alive.h"

#include <stdlib.h>
#include <string.h>

#include "../support/run.h"

#define VIP    "192.0.2.10"
#define CLIENT "198.51.100.2"
#define RS1    "10.0.0.2"
#define RS2    "10.0.0.3"

static struct policy *policy;
static struct choice *choice;

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static void begin(void)
{
	policy = calloc(1, sizeof(*policy) + sizeof(policy->services[0]));
	ck_assert_ptr_nonnull(policy);
	policy->service_count = 1;
	policy->services[0].address = at(VIP ":21");
	choice = choice_new(policy);
	ck_assert_ptr_nonnull(choice);
}

static void end(void)
{
	choice_free(choice);
	free(policy);
}

static struct conntrack_connection connection(const char *source, const char *destination,
					      const char *reply_source, const char *reply_destination)
{
	return (struct conntrack_connection){
		.source = at(source),
		.destination = at(destination),
		.reply_source = at(reply_source),
		.reply_destination = at(reply_destination),
		.established = true,
	};
}

static void add(struct conntrack_connection c)
{
	ck_assert_int_eq(choice_add(&c, choice), 0);
}

static void add_control(const char *client, const char *server)
{
	add(connection(client, VIP ":21", server, client));
}

/* The clients and services of what is kept, in one line. */
static void expect_kept(const char *expected)
{
	char said[512] = "", client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX];
	const struct flow *flows;
	size_t count;

	ck_assert_int_eq(choice_make(choice, &flows, &count), 0);
	for (size_t i = 0; i < count; i++) {
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s>%s ",
			 endpoint_format(&flows[i].client, client),
			 endpoint_format(&flows[i].service, service));
	}
	ck_assert_str_eq(said, expected);
}

START_TEST(a_control_connection_without_data_is_left_to_IPVS)
{
	add_control(CLIENT ":1000", RS1 ":21");
	add(connection(CLIENT ":1001", "192.0.2.11:80", "10.0.0.4:80", CLIENT ":1001"));
	expect_kept("");
}
END_TEST

START_TEST(a_foretold_data_connection_keeps_its_own_control_connection)
{
	struct conntrack_connection data =
		connection(CLIENT ":2000", VIP ":50000", RS1 ":50000", CLIENT ":2000");

	data.expected = true;
	data.master_source = at(CLIENT ":1001");
	data.master_destination = at(VIP ":21");
	add(data);
	add_control(CLIENT ":1000", RS1 ":21");
	add_control(CLIENT ":1001", RS1 ":21");
	add_control(CLIENT ":1002", RS1 ":21");
	expect_kept(CLIENT ":1001>" VIP ":21 " CLIENT ":2000>" VIP ":50000 ");
}
END_TEST

/* As in an encrypted session, whose announcement nobody has read. */
START_TEST(one_that_nobody_foretold_keeps_those_between_the_same_addresses)
{
	add_control(CLIENT ":1000", RS1 ":21");
	add_control(CLIENT ":1001", RS2 ":21");
	add_control("198.51.100.3:1002", RS1 ":21");
	add(connection(CLIENT ":2000", VIP ":50000", RS1 ":50000", CLIENT ":2000"));
	expect_kept(CLIENT ":1000>" VIP ":21 " CLIENT ":2000>" VIP ":50000 ");
}
END_TEST

START_TEST(an_active_one_keeps_its_control_connection_and_is_not_IPVS_own)
{
	struct conntrack_connection data =
		connection(RS1 ":20", CLIENT ":2000", CLIENT ":2000", VIP ":20");

	data.altered = true;
	add(data);
	add_control(CLIENT ":1000", RS1 ":21");
	expect_kept(CLIENT ":1000>" VIP ":21 ");
}
END_TEST

START_TEST(what_conntrack_alters_is_not_made_known_to_IPVS)
{
	struct conntrack_connection data =
		connection(CLIENT ":2000", VIP ":50000", RS1 ":40000", CLIENT ":2000");

	data.altered = true;
	add_control(CLIENT ":1000", RS1 ":21");
	add(data);
	expect_kept(CLIENT ":1000>" VIP ":21 ");
}
END_TEST

START_TEST(what_has_ended_keeps_nothing_and_is_not_kept)
{
	struct conntrack_connection data =
		connection(CLIENT ":2000", VIP ":50000", RS1 ":50000", CLIENT ":2000");
	struct conntrack_connection control = connection(CLIENT ":1001", VIP ":21", RS2 ":21", CLIENT ":1001");

	data.established = false;
	add(data);
	add_control(CLIENT ":1000", RS1 ":21");
	control.established = false;
	add(control);
	add(connection(CLIENT ":2001", VIP ":50001", RS2 ":50001", CLIENT ":2001"));
	expect_kept("");
}
END_TEST

START_TEST(two_transfers_keep_one_control_connection_once)
{
	add_control(CLIENT ":1000", RS1 ":21");
	add(connection(CLIENT ":2000", VIP ":50000", RS1 ":50000", CLIENT ":2000"));
	add(connection(CLIENT ":2001", VIP ":50001", RS1 ":50001", CLIENT ":2001"));
	expect_kept(CLIENT ":1000>" VIP ":21 " CLIENT ":2000>" VIP ":50000 " CLIENT ":2001>" VIP ":50001 ");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("keep_alive");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_control_connection_without_data_is_left_to_IPVS);
	tcase_add_test(t, a_foretold_data_connection_keeps_its_own_control_connection);
	tcase_add_test(t, one_that_nobody_foretold_keeps_those_between_the_same_addresses);
	tcase_add_test(t, an_active_one_keeps_its_control_connection_and_is_not_IPVS_own);
	tcase_add_test(t, what_conntrack_alters_is_not_made_known_to_IPVS);
	tcase_add_test(t, what_has_ended_keeps_nothing_and_is_not_kept);
	tcase_add_test(t, two_transfers_keep_one_control_connection_once);
	return run_suite("keep_alive", t);
}
