/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/queue_list.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LINE_MAX 256

/* Number, port id, waiting, copy mode, copy range, dropped, undelivered, last id, 1. */
static bool read_line(const char *line, uint16_t *number, struct queue_state *q)
{
	q->listed = true;
	return sscanf(line, "%" SCNu16 " %" SCNu32 " %" SCNu32 " %*u %*u %" SCNu32 " %" SCNu32,
		      number, &q->port_id, &q->waiting, &q->dropped, &q->undelivered) == 5;
}

void queue_list_read(FILE *file, uint32_t first, uint32_t count, struct queue_state *out)
{
	char line[LINE_MAX];

	memset(out, 0, count * sizeof(*out));
	while (fgets(line, sizeof(line), file) != NULL) {
		struct queue_state q;
		uint16_t number;

		if (read_line(line, &number, &q) && number - first < count)
			out[number - first] = q;
	}
}

int queue_list(uint32_t first, uint32_t count, struct queue_state *out)
{
	FILE *file = fopen(QUEUE_LIST_PATH, "re");

	if (file == NULL)
		return -errno;
	queue_list_read(file, first, count, out);
	fclose(file);
	return 0;
}
