/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ROOM_MIN = 4096 };

static int reserve(struct control_output *o, size_t size)
{
	size_t room = o->room > 0 ? o->room : ROOM_MIN;
	char *grown;

	if (control_output_size(o) + size > CONTROL_OUTPUT_MAX)
		return -ENOBUFS;
	if (o->end + size <= o->room)
		return 0;
	if (o->start > 0) {
		memmove(o->bytes, o->bytes + o->start, control_output_size(o));
		o->end -= o->start;
		o->start = 0;
	}
	while (room < o->end + size)
		room *= 2;
	grown = room > o->room ? realloc(o->bytes, room) : o->bytes;
	if (grown == NULL)
		return -ENOBUFS;
	o->bytes = grown;
	o->room = room;
	return 0;
}

static int append(const char *bytes, size_t size, void *context)
{
	struct control_output *o = context;

	if (reserve(o, size) < 0)
		return -1;
	memcpy(o->bytes + o->end, bytes, size);
	o->end += size;
	return 0;
}

int control_output_put(struct control_output *o, const json_t *value)
{
	size_t size = control_output_size(o);

	if (json_dump_callback(value, append, o, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 ||
	    append("\n", 1, o) < 0) {
		o->end = o->start + size;
		return -ENOBUFS;
	}
	return 0;
}

ssize_t control_output_send(struct control_output *o, int fd)
{
	size_t size = control_output_size(o);
	ssize_t sent;

	if (size == 0)
		return 0;
	sent = send(fd, o->bytes + o->start, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	o->start += (size_t)sent;
	if (o->start == o->end)
		control_output_free(o);
	return sent;
}

void control_output_free(struct control_output *o)
{
	free(o->bytes);
	*o = (struct control_output){ 0 };
}
