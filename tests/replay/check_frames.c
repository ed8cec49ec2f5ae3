/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/link.h"

#include "replay/capture.h"
#include "replay/listing.h"
#include "replay/replay.h"
#include "../support/run.h"

#include <check.h>
#include <errno.h>
#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

static const int linktypes[] = {
	DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_IPV4, DLT_IPV6, DLT_NULL, DLT_LOOP,
};

enum { LINKTYPES = sizeof(linktypes) / sizeof(linktypes[0]) };

START_TEST(known_link_types_are_those_that_are_read)
{
	uint8_t frame[64] = { 0 };
	size_t ip;

	for (int linktype = 0; linktype < 400; linktype++) {
		bool listed = false;

		for (size_t i = 0; i < LINKTYPES; i++)
			listed |= linktypes[i] == linktype;
		ck_assert_msg(link_is_known(linktype) == listed, "link type %d", linktype);
		if (!listed)
			ck_assert_int_eq(link_find_ip(linktype, frame, sizeof(frame), &ip), -EPROTONOSUPPORT);
	}
}
END_TEST

/* The frame in memory of its own size, so that a sanitizer sees the first byte behind it. */
static int find_in(int linktype, const uint8_t *frame, size_t size, size_t *ip)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	int error;

	memcpy(copy, frame, size);
	error = link_find_ip(linktype, copy, size, ip);
	free(copy);
	return error;
}

START_TEST(frame_of_any_size_is_read_within_its_bounds)
{
	uint8_t frame[80];
	size_t ip;

	for (size_t fill = 0; fill < 4; fill++) {
		for (size_t i = 0; i < sizeof(frame); i++)
			frame[i] = (uint8_t)(fill == 0 ? 0 : fill == 1 ? 0xff : i % 2 == 0 ? 0x81 : 0);
		if (fill == 3)
			memmove(frame, frame + 1, sizeof(frame) - 1);
		for (size_t size = 0; size <= sizeof(frame); size++) {
			ip = 0;
			if (find_in(linktypes[_i], frame, size, &ip) == 0)
				ck_assert_uint_le(ip, size);
		}
	}
}
END_TEST

START_TEST(tags_are_followed_up_to_their_limit)
{
	for (size_t tags = 0; tags <= LINK_TAGS_MAX + 1; tags++) {
		uint8_t frame[64] = { 0 };
		size_t at = 12, ip = 0;

		for (size_t i = 0; i < tags; i++, at += 4)
			memcpy(frame + at, "\x81\x00\x00\x07", 4);
		memcpy(frame + at, "\x08\x00", 2);
		ck_assert_int_eq(find_in(DLT_EN10MB, frame, sizeof(frame), &ip),
				 tags <= LINK_TAGS_MAX ? 0 : -EPROTONOSUPPORT);
		if (tags <= LINK_TAGS_MAX)
			ck_assert_uint_eq(ip, 14 + 4 * tags);
	}
}
END_TEST

START_TEST(what_is_not_ip_is_told_from_what_is_cut_off)
{
	uint8_t arp[42] = { [12] = 0x08, [13] = 0x06 };
	uint8_t ipx[16] = { [0] = 23 };
	size_t ip;

	ck_assert_int_eq(find_in(DLT_EN10MB, arp, sizeof(arp), &ip), -EPROTONOSUPPORT);
	ck_assert_int_eq(find_in(DLT_EN10MB, arp, 13, &ip), -EBADMSG);
	ck_assert_int_eq(find_in(DLT_NULL, ipx, sizeof(ipx), &ip), -EPROTONOSUPPORT);
	ck_assert_int_eq(find_in(DLT_NULL, ipx, 3, &ip), -EBADMSG);
}
END_TEST

START_TEST(replay_takes_any_bytes_of_any_size)
{
	const struct service service = { .active = true, .fail_open = true };
	const struct roles roles = { 0 };
	FILE *nowhere = fopen("/dev/null", "w");
	struct listing *listing = listing_new(nowhere, _i % 2 == 0);
	struct replay_plan plan = {
		.linktype = linktypes[_i],
		.roles = &roles,
		.service = &service,
		.talks = 16,
		.listing = listing,
	};
	struct replay *replay = replay_new(&plan);
	struct totals totals;
	unsigned int seed = 1;

	ck_assert_ptr_nonnull(replay);
	for (uint64_t n = 1; n <= 20000; n++) {
		size_t size = (size_t)rand_r(&seed) % 100;
		uint8_t *bytes = malloc(size > 0 ? size : 1);
		struct frame frame = { n, { rand_r(&seed), rand_r(&seed) }, bytes, size, size };

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)rand_r(&seed);
		if (size > 0)
			bytes[0] = n % 2 == 0 ? 0x45 : 0x60;
		replay_frame(replay, &frame);
		free(bytes);
	}
	replay_finish(replay, &totals);
	ck_assert_uint_eq(totals.frames, 20000);
	ck_assert_int_eq(listing_finish(listing), 0);
	listing_free(listing);
	fclose(nowhere);
}
END_TEST

/* IPv4 and TCP headers and four bytes, from 192.0.2.1 to 192.0.2.2:21. */
static void make_command(uint8_t packet[44], uint8_t port)
{
	static const uint8_t headers[40] = {
		0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		0x80, 0, 0, 21, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0,
	};

	memcpy(packet, headers, sizeof(headers));
	packet[21] = port;
	memcpy(packet + 40, "X\r\nX", 4);
}

START_TEST(connection_that_was_silent_for_longest_makes_room)
{
	const struct service service = { .active = true, .fail_open = true };
	const struct roles roles = { 0 };
	FILE *nowhere = fopen("/dev/null", "w");
	struct listing *listing = listing_new(nowhere, false);
	struct replay_plan plan = {
		.linktype = DLT_RAW, .roles = &roles, .service = &service, .talks = 2, .listing = listing,
	};
	struct replay *replay = replay_new(&plan);
	const uint8_t ports[] = { 1, 2, 1, 3, 1, 2, 1, 3 };
	struct totals totals;

	for (size_t i = 0; i < sizeof(ports); i++) {
		uint8_t packet[44];
		struct frame frame = { i + 1, { 0, 0 }, packet, sizeof(packet), sizeof(packet) };

		make_command(packet, ports[i]);
		replay_frame(replay, &frame);
	}
	replay_finish(replay, &totals);
	ck_assert_uint_eq(totals.sessions, 5);
	ck_assert_int_eq(listing_finish(listing), 0);
	listing_free(listing);
	fclose(nowhere);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("frames");

	tcase_add_test(tcase, known_link_types_are_those_that_are_read);
	tcase_add_loop_test(tcase, frame_of_any_size_is_read_within_its_bounds, 0, LINKTYPES);
	tcase_add_test(tcase, tags_are_followed_up_to_their_limit);
	tcase_add_test(tcase, what_is_not_ip_is_told_from_what_is_cut_off);
	tcase_add_loop_test(tcase, replay_takes_any_bytes_of_any_size, 0, LINKTYPES);
	tcase_add_test(tcase, connection_that_was_silent_for_longest_makes_room);
	return run_suite("frames", tcase);
}
