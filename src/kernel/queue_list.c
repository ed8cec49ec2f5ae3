/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/queue_list.h"

#include <inttypes.h>

#define LINE_MAX 256

/* Number, port id, waiting, copy mode, copy range, dropped, undelivered, last id, 1. */
static int read_line(const char *line, struct queue_state *q)
{
	return sscanf(line, "%" SCNu16 " %" SCNu32 " %" SCNu32 " %*u %*u %" SCNu32 " %" SCNu32,
		      &q->number, &q->port_id, &q->waiting, &q->dropped, &q->undelivered) == 5;
}

size_t queue_list_read(FILE *file, struct queue_state *out, size_t room)
{
	char line[LINE_MAX];
	size_t count = 0;

	while (fgets(line, sizeof(line), file)) {
		struct queue_state q;

		if (!read_line(line, &q))
			continue;
		if (count < room)
			out[count] = q;
		count++;
	}
	return count;
}

size_t queue_list(struct queue_state *out, size_t room)
{
	FILE *file = fopen(QUEUE_LIST_PATH, "re");
	size_t count;

	if (!file)
		return 0;
	count = queue_list_read(file, out, room);
	fclose(file);
	return count;
}
