/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any file as a capture. The first byte says how it is played; what is told is printable, and JSON
 * when that was asked for; what is written can be read, and holds no more frames than came.
 */
#include "memory_file.h"

#include "replay/link.h"
#include "replay/replay.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	AS_JSON = 0x01,
	LIVE = 0x02,
	NAMED = 0x04,
	DENY_TLS = 0x08,
	RANGE = 0x10,
	FAIL_CLOSED = 0x20,
	FEW_TALKS = 0x40,
	SERVER_RANGE = 0x80,
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static struct service service_of(uint8_t how)
{
	return (struct service){
		.active = true,
		.deny_tls = (how & DENY_TLS) != 0,
		.fail_open = (how & FAIL_CLOSED) == 0,
		.passive_ports = { (how & RANGE) != 0 ? 60000 : 0, (how & RANGE) != 0 ? 60003 : 0 },
	};
}

static void name_roles(struct roles *roles)
{
	static const char *const addresses[] = { "192.0.2.10:21", "10.0.0.1:21", "[2001:db8::10]:21", "[fd00::1]:21" };
	struct endpoint e;

	for (size_t i = 0; i < 4; i++) {
		require(endpoint_parse(addresses[i], &e) == 0);
		require(roles_add(roles, &e, i % 2 == 1) == 0);
	}
	roles_settle(roles);
}

/* Returns the number of frames read. */
static uint64_t play(struct capture *in, const struct replay_plan *plan)
{
	char why[CAPTURE_ERROR_MAX];
	struct replay *r = replay_new(plan);
	struct totals totals;
	uint64_t count = 0;
	struct frame frame;

	require(r != NULL);
	while (capture_read(in, &frame, why) == 1) {
		replay_frame(r, &frame);
		count++;
	}
	replay_finish(r, &totals);
	listing_totals(plan->listing, &totals);
	require(totals.frames == count);
	return count;
}

static void check_listing(const char *text, size_t size, bool json)
{
	const char *line = text, *end;

	for (size_t i = 0; i < size; i++)
		require(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	for (; json && (end = memchr(line, '\n', size - (size_t)(line - text))) != NULL; line = end + 1) {
		json_t *value = json_loadb(line, (size_t)(end - line), 0, NULL);

		require(value != NULL);
		json_decref(value);
	}
}

static void check_written(uint64_t read)
{
	char why[CAPTURE_ERROR_MAX];
	struct capture *c;
	struct frame frame;
	uint64_t count = 0;
	int got;

	require(capture_open(MEMORY_FILE_1, &c, why) == 0);
	while ((got = capture_read(c, &frame, why)) == 1)
		count++;
	require(got == 0 && count <= read);
	capture_close(c);
}

static void run(struct capture *in, uint8_t how)
{
	static struct roles roles;
	const struct service service = service_of(how);
	char why[CAPTURE_ERROR_MAX], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct replay_plan plan = {
		.linktype = capture_linktype(in), .roles = &roles, .service = &service,
		.live = (how & LIVE) != 0, .talks = (how & FEW_TALKS) != 0 ? 2 : 64,
		.server_ports = { (how & SERVER_RANGE) != 0 ? 20 : 0, (how & SERVER_RANGE) != 0 ? 50000 : 0 },
	};
	uint64_t read;

	roles.count = 0;
	if ((how & NAMED) != 0)
		name_roles(&roles);
	require(out != NULL);
	plan.listing = listing_new(out, (how & AS_JSON) != 0);
	require(plan.listing != NULL);
	require(capture_create(MEMORY_FILE_1, plan.linktype, &plan.writer, why) == 0);
	read = play(in, &plan);
	require(capture_finish(plan.writer) == 0 && listing_finish(plan.listing) == 0);
	listing_free(plan.listing);
	require(fclose(out) == 0);
	check_listing(text, size, (how & AS_JSON) != 0);
	check_written(read);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CAPTURE_ERROR_MAX];
	struct capture *in;

	if (size == 0)
		return 0;
	memory_file_write(0, data + 1, size - 1);
	memory_file_write(1, "", 0);
	if (capture_open(MEMORY_FILE_0, &in, why) < 0) {
		require(why[0] != '\0');
		return 0;
	}
	if (link_is_known(capture_linktype(in)))
		run(in, data[0]);
	capture_close(in);
	return 0;
}
