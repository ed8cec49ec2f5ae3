/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lines.h"

#include <string.h>

#include "../model/random.h"
#include "../support/run.h"

enum { LINES_MAX = 64 };

struct found {
	size_t count;
	struct line lines[LINES_MAX];
	char texts[LINES_MAX][LINE_ASSEMBLED_MAX];
	char rest[PARTIAL_MAX]; /* the unfinished line at the end */
	size_t rest_size;
};

/* Reads one segment as decide does, keeping what is unfinished. */
static void read_segment(const char *text, size_t size, uint32_t seq, size_t max_line, bool withheld,
			 struct found *f)
{
	char assembled[LINE_ASSEMBLED_MAX];
	char *exact = malloc(size);
	struct line_reader r = {
		.text = exact, .size = size, .seq = seq, .max_line = max_line, .kept = f->rest_size,
		.withheld = withheld, .assembled = assembled,
	};
	struct line line;

	memcpy(exact, text, size);
	memcpy(assembled, f->rest, f->rest_size);
	f->rest_size = 0;
	while (line_next(&r, &line)) {
		ck_assert(line.complete || r.size == 0);
		if (!line.complete) {
			ck_assert_uint_le(line.raw_size, sizeof(f->rest));
			memcpy(f->rest, line.text, line.raw_size);
			f->rest_size = line.raw_size;
			break;
		}
		ck_assert_uint_lt(f->count, LINES_MAX);
		ck_assert_uint_le(line.size, LINE_ASSEMBLED_MAX);
		memcpy(f->texts[f->count], line.text, line.size);
		line.text = f->texts[f->count];
		f->lines[f->count++] = line;
	}
	ck_assert_uint_eq(r.seq, seq + (uint32_t)size);
	free(exact);
}

static const char text[] = "220 ready\r\n\r\n\nbare lf\n a\rb\r\r\n\r\n227 x\r\n";
static const char *const wanted[] = { "220 ready", "", "", "bare lf", " a\rb\r", "", "227 x" };

static void expect_all(const struct found *f, uint32_t start)
{
	uint32_t seq = start;

	ck_assert_uint_eq(f->count, sizeof(wanted) / sizeof(wanted[0]));
	ck_assert_uint_eq(f->rest_size, 0);
	for (size_t i = 0; i < f->count; i++) {
		const struct line *line = &f->lines[i];

		ck_assert_uint_eq(line->size, strlen(wanted[i]));
		ck_assert_int_eq(strncmp(line->text, wanted[i], line->size), 0);
		ck_assert_uint_eq(line->seq, seq);
		ck_assert(line->complete && !line->too_long);
		seq += (uint32_t)line->raw_size;
	}
	ck_assert_uint_eq(seq, start + (uint32_t)strlen(text));
}

START_TEST(lines_are_the_same_under_every_split)
{
	size_t size = strlen(text);

	for (size_t a = 1; a < size; a++)
		for (size_t b = a; b < size; b++) {
			uint32_t start = 0xfffffff0;
			struct found f = { .count = 0 };

			read_segment(text, a, start, 8192, true, &f);
			if (b > a)
				read_segment(text + a, b - a, start + (uint32_t)a, 8192, true, &f);
			read_segment(text + b, size - b, start + (uint32_t)b, 8192, true, &f);
			expect_all(&f, start);
		}
}
END_TEST

START_TEST(lines_are_the_same_byte_by_byte)
{
	struct found f = { .count = 0 };

	for (size_t i = 0; i < strlen(text); i++)
		read_segment(text + i, 1, 5 + (uint32_t)i, 8192, false, &f);
	expect_all(&f, 5);
}
END_TEST

START_TEST(a_line_knows_what_of_it_was_withheld)
{
	struct found f = { .count = 0 };

	read_segment("22", 2, 100, 8192, true, &f);
	read_segment("7 x\r\n221 y\r\n", 12, 102, 8192, true, &f);
	ck_assert_uint_eq(f.count, 2);
	ck_assert_uint_eq(f.lines[0].withheld, 2);
	ck_assert(f.lines[0].editable);
	ck_assert_uint_eq(f.lines[0].seq, 100);
	ck_assert_uint_eq(f.lines[1].withheld, 0);
	ck_assert(f.lines[1].editable);
	f = (struct found){ .count = 0 };
	read_segment("22", 2, 100, 8192, false, &f);
	read_segment("7 x\r\n", 5, 102, 8192, false, &f);
	ck_assert_uint_eq(f.lines[0].withheld, 0);
	ck_assert(!f.lines[0].editable);
}
END_TEST

START_TEST(a_line_over_the_limit_says_so)
{
	struct found f = { .count = 0 };
	char assembled[LINE_ASSEMBLED_MAX], part[LINE_ASSEMBLED_MAX + 4];
	struct line_reader r = { .text = part, .max_line = 8192, .assembled = assembled };
	struct line line;

	read_segment("12345678\r\n", 10, 0, 10, true, &f);
	ck_assert(!f.lines[0].too_long);
	read_segment("123456789\r\n", 11, 0, 10, true, &f);
	ck_assert(f.lines[1].too_long);
	/* What was kept and what comes do not fit: as much as does is given. */
	memset(part, 'x', sizeof(part));
	for (size_t kept = 1; kept <= PARTIAL_MAX; kept += 73)
		for (size_t size = LINE_ASSEMBLED_MAX - kept - 1; size <= LINE_ASSEMBLED_MAX - kept + 1; size++) {
			r.text = part;
			r.size = size;
			r.kept = kept;
			r.withheld = true;
			ck_assert(line_next(&r, &line));
			ck_assert(!line.too_long);
			ck_assert_int_eq(line.cut, kept + size > LINE_ASSEMBLED_MAX);
			ck_assert_uint_eq(line.raw_size, line.cut ? LINE_ASSEMBLED_MAX : kept + size);
			ck_assert_uint_eq(line.withheld, kept);
		}
}
END_TEST

START_TEST(the_rest_of_a_line_can_be_skipped)
{
	struct line_reader r = { .text = "rest\nnext\n", .size = 10, .seq = 7 };

	bool bare_lf;

	ck_assert(line_skip(&r, &bare_lf));
	ck_assert(bare_lf);
	ck_assert_uint_eq(r.seq, 12);
	ck_assert_uint_eq(r.size, 5);
	ck_assert(line_skip(&r, &bare_lf));
	ck_assert(!line_skip(&r, &bare_lf));
	r = (struct line_reader){ .text = "no end", .size = 6, .seq = 7 };
	ck_assert(!line_skip(&r, &bare_lf));
	ck_assert_uint_eq(r.seq, 13);
}
END_TEST

/* Also where CR came with the segment before. */
START_TEST(a_line_knows_whether_it_ended_in_a_bare_lf)
{
	static const char odd[] = "\na\r\nb\n\r\nc\r";
	static const bool bare[] = { false, false, true, false };
	struct line_reader r = { .text = odd, .size = sizeof(odd) - 1, .max_line = 100, .cr = true };
	struct line line;

	for (size_t i = 0; i < 4; i++) {
		ck_assert(line_next(&r, &line));
		ck_assert(line.complete);
		ck_assert_int_eq(line.bare_lf, bare[i]);
	}
	ck_assert(line_next(&r, &line));
	ck_assert(!line.complete);
	ck_assert(r.cr);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("lines");

	tcase_add_test(t, lines_are_the_same_under_every_split);
	tcase_add_test(t, lines_are_the_same_byte_by_byte);
	tcase_add_test(t, a_line_knows_what_of_it_was_withheld);
	tcase_add_test(t, a_line_over_the_limit_says_so);
	tcase_add_test(t, the_rest_of_a_line_can_be_skipped);
	tcase_add_test(t, a_line_knows_whether_it_ended_in_a_bare_lf);
	return run_suite("lines", t);
}
