/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/packet.h"

#include <errno.h>
#include <string.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

static const uint8_t timestamps_and_sack[] = {
	8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
	5, 18, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0,
};

/* Hop-by-hop options, then destination options of 16 bytes, then TCP. */
static const uint8_t hop_and_destination[] = {
	60, 0, 1, 4, 0, 0, 0, 0,
	6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint8_t ip_options[] = { 7, 7, 4, 0, 0, 0, 0, 0 };

static struct shape shape_v4(void)
{
	return (struct shape){
		.from = at("198.51.100.7:40000"), .to = at("192.0.2.10:21"),
		.seq = 0xfffffff0, .ack = 77, .flags = TCP_ACK | TCP_PSH, .window = 501, .urgent = 3,
		.options = timestamps_and_sack, .options_size = sizeof(timestamps_and_sack),
		.payload = "PASV\r\n", .payload_size = 6,
	};
}

static struct shape shape_v6(void)
{
	struct shape s = shape_v4();

	s.from = at("[2001:db8::7]:40000");
	s.to = at("[2001:db8::10]:21");
	return s;
}

static void expect_view(const struct packet *p, const uint8_t *bytes, const struct shape *s)
{
	ck_assert_uint_eq(p->seq, s->seq);
	ck_assert_uint_eq(p->ack, s->ack);
	ck_assert_uint_eq(p->flags, s->flags);
	ck_assert_uint_eq(p->window, s->window);
	ck_assert_uint_eq(p->urgent, s->urgent);
	ck_assert_uint_eq(p->payload_size, s->payload_size);
	ck_assert_mem_eq(bytes + p->payload, s->payload, s->payload_size);
}

/* What is cut off has to be refused, and a view must never reach beyond what is there. */
static void refuse_every_truncation(const struct shape *s)
{
	uint8_t bytes[512];
	size_t size = shape_write(s, bytes);
	struct packet p;

	ck_assert_int_eq(packet_parse(bytes, size, &p), 0);
	expect_view(&p, bytes, s);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *exact = malloc(cut + 1);

		memcpy(exact, bytes, cut);
		ck_assert_msg(packet_parse(exact, cut, &p) < 0, "%zu of %zu bytes parsed", cut, size);
		free(exact);
	}
}

START_TEST(every_truncation_is_refused)
{
	struct shape s = shape_v4();

	refuse_every_truncation(&s);
	s.extensions = ip_options;
	s.extensions_size = sizeof(ip_options);
	refuse_every_truncation(&s);
	s = shape_v6();
	refuse_every_truncation(&s);
	s.extensions = hop_and_destination;
	s.extensions_size = sizeof(hop_and_destination);
	s.first_extension = 0;
	refuse_every_truncation(&s);
}
END_TEST

/* IP lengths and data offset shortened with the packet, so that each reaches the next check. */
START_TEST(headers_that_contradict_themselves_are_refused)
{
	struct shape s = shape_v4();
	uint8_t good[512], bytes[512];
	size_t size = shape_write(&s, good);
	struct packet p;

	for (unsigned int words = 0; words < 16; words++) {
		memcpy(bytes, good, size);
		bytes[0] = (uint8_t)(0x40 | words);
		ck_assert(words == 5 || packet_parse(bytes, size, &p) < 0 || words > 5);
		memcpy(bytes, good, size);
		bytes[20 + 12] = (uint8_t)(words << 4);
		if (words < 5 || words * 4u > size - 20)
			ck_assert_int_eq(packet_parse(bytes, size, &p), -EBADMSG);
	}
	for (size_t total = 0; total < size; total++) {
		memcpy(bytes, good, size);
		bytes[2] = 0;
		bytes[3] = (uint8_t)total;
		if (packet_parse(bytes, size, &p) == 0)
			ck_assert_uint_eq(p.payload + p.payload_size, total);
		else
			ck_assert_uint_lt(total, 20 + 20 + sizeof(timestamps_and_sack));
	}
	bytes[2] = 0xff;
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EBADMSG);
}
END_TEST

START_TEST(link_padding_is_cut_off)
{
	struct shape s = shape_v4();
	uint8_t bytes[600] = { 0 };
	size_t size = shape_write(&s, bytes);
	struct packet p;

	ck_assert_int_eq(packet_parse(bytes, size + 18, &p), 0);
	ck_assert_uint_eq(p.size, size);
	ck_assert_uint_eq(p.payload_size, 6);
}
END_TEST

START_TEST(what_is_not_whole_tcp_over_ip_is_not_ours)
{
	struct shape s = shape_v4();
	uint8_t good[512], bytes[512];
	size_t size = shape_write(&s, good);
	struct packet p;

	memcpy(bytes, good, size);
	bytes[6] = 0x20; /* more fragments */
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EPROTONOSUPPORT);
	bytes[6] = 0;
	bytes[7] = 1; /* a later fragment */
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EPROTONOSUPPORT);
	memcpy(bytes, good, size);
	bytes[9] = 17;
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EPROTONOSUPPORT);
	bytes[0] = 0x55;
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EPROTONOSUPPORT);
	s = shape_v6();
	size = shape_write(&s, bytes);
	for (int next = 0; next < 256; next++) {
		bytes[6] = (uint8_t)next;
		if (next != 6)
			ck_assert_int_lt(packet_parse(bytes, size, &p), 0);
	}
}
END_TEST

START_TEST(extension_headers_cannot_run_forever)
{
	uint8_t many[8 * 9] = { 0 }; /* hop-by-hop behind hop-by-hop, then TCP */
	struct shape s = shape_v6();
	uint8_t bytes[512];
	size_t size;
	struct packet p;

	s.extensions = many;
	s.first_extension = 0;
	for (s.extensions_size = 8; s.extensions_size <= sizeof(many); s.extensions_size += 8) {
		many[s.extensions_size - 8] = 6;
		size = shape_write(&s, bytes);
		ck_assert_int_eq(packet_parse(bytes, size, &p),
				 s.extensions_size <= 8 * 8 ? 0 : -EPROTONOSUPPORT);
		many[s.extensions_size - 8] = 0;
	}
	bytes[41] = 255; /* an extension that is larger than the packet */
	ck_assert_int_eq(packet_parse(bytes, size, &p), -EBADMSG);
	for (uint8_t length = 0; length < 8; length++) { /* an extension that is cut off */
		bytes[5] = length;
		bytes[4] = 0;
		ck_assert_int_eq(packet_parse(bytes, size, &p), -EBADMSG);
	}
}
END_TEST

/* Whatever the bytes, a view lies within them. */
START_TEST(random_bytes_never_lead_outside)
{
	struct random r = { 1 };

	for (int n = 0; n < 20000; n++) {
		size_t size = random_below(&r, 120);
		uint8_t *bytes = malloc(size + 1);
		struct packet p;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)random_below(&r, 256);
		if (size > 9 && random_chance(&r, 50)) {
			bytes[0] = random_chance(&r, 50) ? 0x45 : 0x60;
			bytes[2] = bytes[6] = bytes[7] = 0;
			bytes[3] = (uint8_t)size;
			bytes[9] = 6;
		}
		if (packet_parse(bytes, size, &p) == 0) {
			ck_assert_uint_le(p.size, size);
			ck_assert_uint_le(p.tcp + 20, p.payload);
			ck_assert_uint_eq(p.payload + p.payload_size, p.size);
		}
		free(bytes);
	}
}
END_TEST

static uint32_t add_1000(const void *context, uint32_t ack)
{
	return ack + *(const uint32_t *)context;
}

static void expect_rewritten(const struct shape *s)
{
	const uint32_t thousand = 1000;
	uint8_t bytes[512], out[512];
	struct packet p, q;
	struct packet_writer w;
	size_t size = shape_write(s, bytes);
	const uint8_t *sack;

	ck_assert_int_eq(packet_parse(bytes, size, &p), 0);
	bytes[p.tcp + 16] ^= 0x55; /* an unfinished checksum is no basis for anything */
	ck_assert_int_eq(packet_begin(&w, &p, out, sizeof(out)), 0);
	ck_assert_uint_eq(packet_append(&w, "longer than it was\r\n", 20), 20);
	packet_set_seq(&w, 5);
	packet_map_acks(&w, add_1000, &thousand);
	packet_set_urgent(&w, 9);
	packet_clear_flags(&w, TCP_PSH);
	size = packet_finish(&w);
	ck_assert(packet_is_valid(out, size));
	ck_assert_int_eq(packet_parse(out, size, &q), 0);
	ck_assert_uint_eq(q.payload_size, 20);
	ck_assert_mem_eq(out + q.payload, "longer than it was\r\n", 20);
	ck_assert_uint_eq(q.seq, 5);
	ck_assert_uint_eq(q.ack, 1077);
	ck_assert_uint_eq(q.urgent, 9);
	ck_assert_uint_eq(q.flags, TCP_ACK);
	sack = out + q.tcp + 20 + 12;
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_uint_eq((uint32_t)sack[4 * i + 2] << 8 | sack[4 * i + 3],
				  0x100 * (i + 1) + 1000);
	ck_assert_mem_eq(out + q.tcp + 20, timestamps_and_sack, 10);
}

START_TEST(a_rewritten_packet_is_valid)
{
	struct shape s = shape_v4();

	expect_rewritten(&s);
	s.extensions = ip_options;
	s.extensions_size = sizeof(ip_options);
	expect_rewritten(&s);
	s = shape_v6();
	expect_rewritten(&s);
	s.extensions = hop_and_destination;
	s.extensions_size = sizeof(hop_and_destination);
	s.first_extension = 0;
	expect_rewritten(&s);
}
END_TEST

START_TEST(hostile_options_leave_the_rest_alone)
{
	struct random r = { 2 };
	const uint32_t zero = 0;

	for (int n = 0; n < 10000; n++) {
		struct shape s = shape_v4();
		uint8_t options[SHAPE_OPTIONS_MAX], bytes[256], out[256];
		struct packet p;
		struct packet_writer w;
		size_t size;

		s.options = options;
		s.options_size = random_below(&r, SHAPE_OPTIONS_MAX / 4 + 1) * 4;
		for (size_t i = 0; i < s.options_size; i++)
			options[i] = (uint8_t)random_below(&r, random_chance(&r, 70) ? 12 : 256);
		size = shape_write(&s, bytes);
		ck_assert_int_eq(packet_parse(bytes, size, &p), 0);
		ck_assert_int_eq(packet_begin(&w, &p, out, sizeof(out)), 0);
		ck_assert_uint_eq(packet_append(&w, bytes + p.payload, p.payload_size), p.payload_size);
		packet_map_acks(&w, add_1000, &zero);
		ck_assert_uint_eq(packet_finish(&w), size);
		ck_assert_mem_eq(out, bytes, size);
	}
}
END_TEST

START_TEST(a_writer_takes_no_more_than_fits)
{
	struct shape s = shape_v4();
	uint8_t bytes[512], out[512];
	struct packet p;
	struct packet_writer w;
	size_t size = shape_write(&s, bytes);

	ck_assert_int_eq(packet_parse(bytes, size, &p), 0);
	ck_assert_int_eq(packet_begin(&w, &p, out, p.payload - 1), -ENOBUFS);
	ck_assert_int_eq(packet_begin(&w, &p, out, p.payload + 3), 0);
	memset(out + p.payload, 0xee, 8);
	ck_assert_uint_eq(packet_append(&w, "abcdef", 6), 3);
	ck_assert_uint_eq(packet_append(&w, "g", 1), 0);
	ck_assert_uint_eq(packet_finish(&w), p.payload + 3);
	ck_assert_uint_eq(out[p.payload + 3], 0xee);
	ck_assert(packet_is_valid(out, p.payload + 3));
}
END_TEST

START_TEST(sequence_numbers_compare_across_the_wrap)
{
	ck_assert(seq_before(0xffffffff, 0));
	ck_assert(!seq_before(0, 0xffffffff));
	ck_assert(!seq_before(5, 5));
	ck_assert(seq_before(0x7fffffff, 0x80000000));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("packet");

	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_test(t, headers_that_contradict_themselves_are_refused);
	tcase_add_test(t, link_padding_is_cut_off);
	tcase_add_test(t, what_is_not_whole_tcp_over_ip_is_not_ours);
	tcase_add_test(t, extension_headers_cannot_run_forever);
	tcase_add_test(t, random_bytes_never_lead_outside);
	tcase_add_test(t, a_rewritten_packet_is_valid);
	tcase_add_test(t, hostile_options_leave_the_rest_alone);
	tcase_add_test(t, a_writer_takes_no_more_than_fits);
	tcase_add_test(t, sequence_numbers_compare_across_the_wrap);
	return run_suite("packet", t);
}
