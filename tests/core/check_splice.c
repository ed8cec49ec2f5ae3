/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map between two sequence spaces, against one that is written down byte by byte. */
#include "core/splice.h"

#include <string.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

enum { STREAM = 400 };

/* For every byte of the sender, what the receiver gets for it, and where. */
struct written {
	uint32_t first; /* sender's number of the first byte */
	uint32_t shift; /* at the first byte */
	char said[STREAM];
	char heard[2 * STREAM];
	size_t heard_size;
	size_t place[STREAM + 1]; /* in heard */
	size_t withheld_at[STREAM + 1]; /* how many bytes follow that are in our keeping */
};

static void write_plain(struct written *w, size_t *at, size_t to)
{
	for (; *at < to; ++*at) {
		w->place[*at] = w->heard_size;
		w->heard[w->heard_size++] = w->said[*at];
	}
}

static void write_edit(struct written *w, size_t *at, const struct edit *e)
{
	size_t begin = w->heard_size;

	for (size_t i = 0; i < e->size; i++, ++*at) {
		w->place[*at] = begin + (i <= e->withheld ? 0 : i < e->text_size ? i : e->text_size);
		if (i < e->withheld)
			w->withheld_at[*at] = e->withheld - i;
	}
	memcpy(w->heard + begin, e->text, e->text_size);
	w->heard_size += e->text_size;
}

static void make(struct random *r, struct written *w, struct splice *s)
{
	size_t at = 0;

	memset(w, 0, sizeof(*w));
	*s = (struct splice){ .shift = (uint32_t)random_below(r, 100) - 50 };
	w->first = random_chance(r, 50) ? 0 - random_below(r, STREAM) : (uint32_t)random_next(r);
	w->shift = s->shift;
	for (size_t i = 0; i < STREAM; i++)
		w->said[i] = (char)('a' + random_below(r, 26));
	for (uint32_t n = random_below(r, SPLICE_EDITS + 1); n > 0; n--) {
		struct edit *e = &s->edits[s->edit_count++];

		write_plain(w, &at, at + random_below(r, 30));
		e->start = w->first + (uint32_t)at;
		e->size = (uint16_t)random_between(r, 1, 40);
		e->withheld = random_chance(r, 50) ? 0 : (uint16_t)random_below(r, e->size);
		e->text_size = (uint16_t)random_between(r, e->size, e->size + 12u);
		for (size_t i = 0; i < e->text_size; i++)
			e->text[i] = (char)('A' + random_below(r, 26));
		write_edit(w, &at, e);
	}
	write_plain(w, &at, STREAM);
	w->place[STREAM] = w->heard_size;
}

static uint32_t receivers(const struct written *w, size_t place)
{
	return w->first + w->shift + (uint32_t)place;
}

static uint32_t to_receiver(const struct splice *s, uint32_t end, uint32_t seq)
{
	return splice_to_receiver(&(struct splice_map){ s, end, end }, seq);
}

static uint32_t to_sender(const struct splice *s, uint32_t end, uint32_t ack)
{
	return splice_to_sender(&(struct splice_map){ s, end, end }, ack);
}

START_TEST(every_number_has_its_place_on_the_other_side)
{
	struct random r = { 7 };

	for (int n = 0; n < 2000; n++) {
		struct written w;
		struct splice s;
		uint32_t end;

		make(&r, &w, &s);
		end = w.first + STREAM;
		for (size_t i = 0; i <= STREAM; i++)
			if (to_receiver(&s, end, w.first + (uint32_t)i) != receivers(&w, w.place[i]))
				ck_abort_msg("case %d: byte %zu", n, i);
	}
}
END_TEST

/* The sender learns of the last byte whose predecessors have arrived whole. */
START_TEST(every_acknowledgement_covers_what_arrived_and_no_more)
{
	struct random r = { 8 };

	for (int n = 0; n < 1000; n++) {
		struct written w;
		struct splice s;
		uint32_t end;
		size_t known = 0;

		make(&r, &w, &s);
		end = w.first + STREAM;
		for (size_t place = 0; place <= w.heard_size; place++) {
			uint32_t ack = to_sender(&s, end, receivers(&w, place));

			while (known < STREAM && w.place[known + 1] <= place)
				known++;
			if (ack != w.first + (uint32_t)known)
				ck_abort_msg("case %d: %zu is %u, not %zu", n, place, ack - w.first, known);
		}
		ck_assert_uint_eq(known, STREAM);
	}
}
END_TEST

START_TEST(any_segment_carries_its_part_of_the_text)
{
	struct random r = { 9 };

	for (int n = 0; n < 10000; n++) {
		struct written w;
		struct splice_map map;
		struct splice s;
		size_t from, to, emitted, hold;
		uint8_t bytes[STREAM + 100], out[4 * STREAM];
		struct packet p;
		struct packet_writer writer;
		struct shape shape = { .from = at("1.2.3.4:5"), .to = at("5.6.7.8:9"), .flags = TCP_ACK };

		make(&r, &w, &s);
		from = random_below(&r, STREAM);
		to = random_between(&r, (uint32_t)from + 1, STREAM);
		hold = random_chance(&r, 70) ? STREAM : random_below(&r, STREAM);
		shape.seq = w.first + (uint32_t)from;
		shape.payload = w.said + from;
		shape.payload_size = to - from;
		ck_assert_int_eq(packet_parse(bytes, shape_write(&shape, bytes), &p), 0);
		ck_assert_int_eq(packet_begin(&writer, &p, out, sizeof(out)), 0);
		map = (struct splice_map){ &s, w.first + (uint32_t)hold, w.first + STREAM };
		splice_emit(&map, &p, &writer, &emitted);
		to = to < hold ? to : hold;
		to = to > from ? to : from;
		if (emitted != w.place[to] - w.place[from] ||
		    memcmp(out + p.payload, w.heard + w.place[from], emitted) != 0)
			ck_abort_msg("case %d: bytes %zu to %zu", n, from, to);
	}
}
END_TEST

START_TEST(edits_are_forgotten_when_all_of_them_is_acknowledged)
{
	struct random r = { 10 };

	for (int n = 0; n < 2000; n++) {
		struct written w;
		struct splice s;
		uint32_t end;
		size_t place;

		make(&r, &w, &s);
		end = w.first + STREAM;
		place = random_below(&r, (uint32_t)w.heard_size + 1);
		splice_acknowledged(&s, receivers(&w, place));
		for (size_t i = 0; i < s.edit_count; i++) {
			size_t begin = w.place[s.edits[i].start - w.first];

			ck_assert_uint_gt(begin + s.edits[i].text_size, place);
		}
		for (size_t i = 0; i <= STREAM; i++)
			if (w.place[i] >= place &&
			    to_receiver(&s, end, w.first + (uint32_t)i) != receivers(&w, w.place[i]))
				ck_abort_msg("case %d: byte %zu behind %zu", n, i, place);
	}
}
END_TEST

START_TEST(withheld_bytes_count_once_all_before_them_arrived)
{
	const struct splice s = { .shift = 5, .withheld = true, .partial_size = 3 };
	const struct splice_map map = splice_map_at(&s, 1003);

	ck_assert_uint_eq(splice_to_receiver(&map, 999), 1004);
	ck_assert_uint_eq(splice_to_receiver(&map, 1000), 1005);
	ck_assert_uint_eq(splice_to_receiver(&map, 1003), 1005);
	ck_assert_uint_eq(splice_to_sender(&map, 1004), 999);
	ck_assert_uint_eq(splice_to_sender(&map, 1005), 1003);
}
END_TEST

START_TEST(an_idle_splice_says_nothing)
{
	struct splice s = { 0 };

	ck_assert(splice_is_idle(&s));
	s.shift = 1;
	ck_assert(!splice_is_idle(&s));
	s = (struct splice){ .edit_count = 1 };
	ck_assert(!splice_is_idle(&s));
	s = (struct splice){ .partial_size = 1 };
	ck_assert(!splice_is_idle(&s));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("splice");

	tcase_add_test(t, every_number_has_its_place_on_the_other_side);
	tcase_add_test(t, every_acknowledgement_covers_what_arrived_and_no_more);
	tcase_add_test(t, any_segment_carries_its_part_of_the_text);
	tcase_add_test(t, edits_are_forgotten_when_all_of_them_is_acknowledged);
	tcase_add_test(t, withheld_bytes_count_once_all_before_them_arrived);
	tcase_add_test(t, an_idle_splice_says_nothing);
	return run_suite("splice", t);
}
