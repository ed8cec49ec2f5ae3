/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of lines, cut into segments anywhere: however it is cut, the same lines come out.
 *
 * The first byte says how long a line may be and whether the beginning of an unfinished one was
 * withheld. Then come segments: a byte for the length, and as many bytes as there are.
 */
#include <stdlib.h>
#include <string.h>

#include "core/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAM_MAX = 4096, FIRST = 0xfffffff0 };

/* The stream as a whole, and how far the segments have come in it. */
struct stream {
	char text[STREAM_MAX];
	size_t size;
	size_t line;    /* where the line at hand begins */
	bool skipping;  /* it has become too long to be kept */
	bool withheld;
	size_t max_line;
	char kept[PARTIAL_MAX];
	size_t kept_size;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What the line at hand is, from the whole stream. */
static void check_line(const struct stream *s, const struct line *line, size_t segment)
{
	const char *text = s->text + s->line;
	size_t seen = s->size - s->line;
	const char *end = memchr(text, '\n', seen);
	size_t raw = end != NULL ? (size_t)(end - text) + 1 : seen;

	require(line->seq == (uint32_t)(FIRST + s->line));
	require(line->complete == (end != NULL));
	require(line->editable == (s->line >= segment || s->withheld));
	require(line->withheld == (s->line < segment && s->withheld ? segment - s->line : 0));
	require(line->size <= line->raw_size && line->raw_size <= line->size + 2);
	require(line->too_long == (raw > s->max_line));
	if (line->cut) {
		require(raw > LINE_ASSEMBLED_MAX && line->raw_size == LINE_ASSEMBLED_MAX);
		require(memcmp(line->text, text, line->raw_size) == 0);
	} else {
		require(line->raw_size == raw);
		require(line->bare_lf == (end != NULL && (raw < 2 || text[raw - 2] != '\r')));
		require(memcmp(line->text, text, raw) == 0);
		require(memchr(line->text, '\n', line->size) == NULL);
	}
}

/* As decide keeps unfinished lines: as long as they fit. */
static void keep(struct stream *s, const struct line *line)
{
	s->kept_size = 0;
	s->skipping = line->too_long || line->cut || line->raw_size > sizeof(s->kept);
	if (!s->skipping) {
		s->kept_size = line->raw_size;
		memcpy(s->kept, line->text, s->kept_size);
	}
}

static void read_segment(struct stream *s, size_t segment)
{
	char assembled[LINE_ASSEMBLED_MAX];
	struct line_reader r = {
		.text = s->text + segment, .size = s->size - segment, .seq = (uint32_t)(FIRST + segment),
		.max_line = s->max_line, .kept = s->kept_size, .withheld = s->withheld,
		.cr = segment > 0 && s->text[segment - 1] == '\r', .assembled = assembled,
	};
	struct line line;
	bool bare_lf;

	memcpy(assembled, s->kept, s->kept_size);
	s->kept_size = 0;
	if (s->skipping) {
		s->skipping = !line_skip(&r, &bare_lf);
		s->line = s->size - r.size;
	}
	while (line_next(&r, &line)) {
		check_line(s, &line, segment);
		if (line.complete)
			s->line = s->size - r.size;
		else
			keep(s, &line);
	}
	require(s->skipping || s->line + s->kept_size == s->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream s;
	size_t used = 1;

	if (size == 0)
		return 0;
	s = (struct stream){ .withheld = (data[0] & 1) != 0, .max_line = 8u + data[0] * 4u };
	while (used < size && s.size < STREAM_MAX) {
		size_t segment = s.size, length = data[used++];

		if (length > size - used)
			length = size - used;
		if (length > STREAM_MAX - s.size)
			length = STREAM_MAX - s.size;
		memcpy(s.text + s.size, data + used, length);
		s.size += length;
		used += length;
		if (length > 0)
			read_segment(&s, segment);
	}
	return 0;
}
