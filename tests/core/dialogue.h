/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session of the core, in which client and server say lines: what the tests of decide share.
 */
#ifndef FTPALGD_TESTS_CORE_DIALOGUE_H
#define FTPALGD_TESTS_CORE_DIALOGUE_H

#include "core/decide.h"

#include "../model/talk.h"
#include "../support/packets.h"
#include "../support/run.h"

static struct gateway *g;
static struct talk t;

static inline void begin(const char *client, const char *service, const char *server)
{
	g = gateway_new(client, service, server);
	t = talk_new(g);
}

static inline void begin_v4(void)
{
	begin("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	talk_say(&t, FROM_SERVER, "220 ready\r\n");
}

static inline void begin_v6(void)
{
	begin("[2001:db8::7]:40000", "[2001:db8::10]:21", "[fd00::2]:21");
	talk_say(&t, FROM_SERVER, "220 ready\r\n");
}

static inline void end(void)
{
	ck_assert_msg(t.valid, "a packet that went on was not valid");
	gateway_free(g);
}

static inline const char *client(const char *text)
{
	return talk_say(&t, FROM_CLIENT, text);
}

static inline const char *server(const char *text)
{
	return talk_say(&t, FROM_SERVER, text);
}

static inline void expect_no_opening(void)
{
	ck_assert_uint_eq(g->decision.want_count, 0);
}

static inline void expect_opening(enum mode mode, const char *target)
{
	struct endpoint wanted = at(target);
	char text[ENDPOINT_TEXT_MAX];

	ck_assert_uint_eq(g->decision.want_count, 1);
	ck_assert_int_eq(g->decision.wants[0].mode, mode);
	ck_assert_msg(endpoint_equal(&g->decision.wants[0].target, &wanted), "%s",
		      endpoint_format(&g->decision.wants[0].target, text));
}

static inline void expect_reason(enum reason why)
{
	ck_assert_msg(gateway_said(g, why), "not %s, but %x", reason_name(why), g->reasons);
}

/* The operator names the ports of the session's real server. */
static inline void name_ports(uint16_t first, uint16_t last)
{
	static struct real_server named;

	named = (struct real_server){ .address = g->session->flow.server, .passive_ports = { first, last } };
	named.address.port = 0;
	g->service->servers = &named;
	g->service->server_count = 1;
}

static const char long_227[] = "227 Entering Passive Mode (10,0,0,2,195,80).\r\n";
static const char long_227_shown[] = "227 Entering Passive (192,0,2,10,195,80).   \r\n";

static inline int run_in(void (*setup)(void), const TTest *const *tests, size_t count, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, end);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	return run_suite(name, tcase);
}

#endif
