/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as lines, cut where the first byte says, and every line as every message. Whatever is
 * found is replaced, and must then be found again.
 */
#include <stdlib.h>
#include <string.h>

#include "core/fit.h"
#include "core/lines.h"
#include "core/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void refit(const char *line, size_t size, unsigned int code, const struct announcement *a)
{
	static const uint16_t ports[] = { 1, 1024, 65535 };
	struct endpoint e = { .addr.s6_addr = { [10] = 0xff, 0xff, 1, 20, 255, 0 } };

	for (size_t i = 0; i < 3 && line[3] == ' '; i++) {
		char text[ANNOUNCEMENT_MAX], *out = malloc(size + ANNOUNCEMENT_MAX);
		struct announcement again;
		size_t announced, fitted;

		e.port = ports[i];
		announced = announcement_format(a, &e, text);
		fitted = fit_announcement(line, size, a->where, text, announced, out);
		require(fitted >= size && fitted <= size + ANNOUNCEMENT_MAX);
		require(memcmp(out, line, 4) == 0);
		require(announcement_find(out, fitted, 4, code, &again) == 0);
		/* What stands before it may read as another one once words between them are gone. */
		require(again.named.port == e.port || again.where.start < a->where.start + a->where.size);
		free(out);
	}
}

static void read_messages(const char *line, size_t size)
{
	char *room = malloc(size + 1);
	size_t bare = size;
	const char *stripped = message_strip_telnet(line, &bare, room);
	struct announcement a;
	struct endpoint e;
	struct span where;

	require(bare <= size && message_telnet_prefix(line, size) <= size);
	verb_find(stripped, bare, &where);
	require(where.start + where.size <= bare);
	(void)!message_parse_port(line, size, &e);
	(void)!message_parse_eprt(line, size, &e);
	(void)!message_parse_lprt(line, size, &e);
	for (unsigned int code = 227; code <= 229; code++)
		if (announcement_find(line, size, 4, code, &a) == 0) {
			require(a.where.start >= 4 && a.where.start + a.where.size <= size);
			refit(line, size, code, &a);
		}
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char assembled[LINE_ASSEMBLED_MAX], kept[PARTIAL_MAX];
	size_t at = 1, step, kept_size = 0;
	struct line line;

	if (size == 0)
		return 0;
	step = data[0] % 64 == 0 ? size : data[0] % 64;
	read_messages((const char *)data + 1, size - 1);
	while (at < size) {
		size_t part = size - at < step ? size - at : step;
		struct line_reader r = {
			.text = (const char *)data + at, .size = part, .seq = (uint32_t)at,
			.max_line = 300, .kept = kept_size, .withheld = (data[0] & 64) != 0,
			.assembled = assembled,
		};

		memcpy(assembled, kept, kept_size);
		kept_size = 0;
		while (line_next(&r, &line)) {
			require(line.size <= line.raw_size);
			read_messages(line.text, line.size);
			if (!line.complete && !line.too_long && !line.cut && line.raw_size <= PARTIAL_MAX) {
				kept_size = line.raw_size;
				memcpy(kept, line.text, kept_size);
			}
		}
		at += part;
	}
	return 0;
}
