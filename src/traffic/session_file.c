/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/session_file.h"

#include "core/session_record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio_ext.h>
#include <string.h>

#define MAGIC "ftpalgd sessions"

struct header {
	char magic[sizeof(MAGIC)];
	uint8_t format;
};

static const struct header header = { MAGIC, SESSION_RECORD_FORMAT };

struct writing {
	struct table *table;
	uint32_t now;
	FILE *out;
};

static bool write_session(struct session *s, void *context)
{
	const struct writing *w = context;
	uint8_t record[SESSION_RECORD_MAX];
	size_t size = session_record_write(w->table, s, w->now, record);
	uint16_t wire = htons((uint16_t)size);

	return fwrite(&wire, sizeof(wire), 1, w->out) == 1 && fwrite(record, size, 1, w->out) == 1;
}

int session_file_write(struct table *table, uint32_t now, FILE *out)
{
	struct writing w = { table, now, out };
	const uint16_t end = 0;

	__fsetlocking(out, FSETLOCKING_BYCALLER);
	fwrite(&header, sizeof(header), 1, out);
	table_each(table, write_session, &w);
	fwrite(&end, sizeof(end), 1, out);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

/* Returns 1, 0 behind the last session, or -EBADMSG. */
static int read_session(FILE *in, uint32_t now, struct table *table)
{
	uint8_t record[SESSION_RECORD_MAX];
	uint16_t size;
	int error;

	if (fread(&size, sizeof(size), 1, in) != 1)
		return -EBADMSG;
	size = ntohs(size);
	if (size == 0)
		return 0;
	if (size > sizeof(record) || fread(record, size, 1, in) != 1)
		return -EBADMSG;
	error = session_record_read(record, size, now, table);
	return error == 0 || error == -ENOSPC ? 1 : -EBADMSG;
}

int session_file_read(FILE *in, uint32_t now, struct table *table)
{
	struct header found;
	int more = 1;

	__fsetlocking(in, FSETLOCKING_BYCALLER);
	if (fread(&found, sizeof(found), 1, in) != 1 || memcmp(&found, &header, sizeof(header)) != 0)
		return -EPROTONOSUPPORT;
	while (more > 0)
		more = read_session(in, now, table);
	return more;
}
