/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM_MIN = 16384 };

int connection_open(const char *path, struct connection *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	*c = (struct connection){ .fd = fd };
	return 0;
}

void connection_close(struct connection *c)
{
	close(c->fd);
	free(c->bytes);
	*c = (struct connection){ .fd = -1 };
}

static int send_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		bytes += sent;
		size -= (size_t)sent;
	}
	return 0;
}

int connection_send(struct connection *c, const json_t *request)
{
	char *line = json_dumps(request, JSON_COMPACT | JSON_ENSURE_ASCII);
	int error;

	if (line == NULL)
		return -ENOMEM;
	error = send_all(c->fd, line, strlen(line));
	if (error == 0)
		error = send_all(c->fd, "\n", 1);
	free(line);
	return error;
}

static int grow(struct connection *c)
{
	size_t room = c->room > 0 ? 2 * c->room : ROOM_MIN;
	char *grown;

	if (c->size < c->room)
		return 0;
	if (room > CONNECTION_REPLY_MAX)
		return -EBADMSG;
	grown = realloc(c->bytes, room);
	if (grown == NULL)
		return -ENOMEM;
	c->bytes = grown;
	c->room = room;
	return 0;
}

static int fill(struct connection *c)
{
	int error = grow(c);
	ssize_t got;

	if (error < 0)
		return error;
	do
		got = recv(c->fd, c->bytes + c->size, c->room - c->size, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	c->size += (size_t)got;
	return got == 0 ? -EPIPE : 0;
}

int connection_receive(struct connection *c, json_t **reply)
{
	size_t searched = 0, size;
	char *end = NULL;
	json_t *value;

	for (;;) {
		if (c->size > searched)
			end = memchr(c->bytes + searched, '\n', c->size - searched);
		if (end != NULL)
			break;
		searched = c->size;
		int error = fill(c);

		if (error < 0)
			return error;
	}
	size = (size_t)(end - c->bytes);
	value = json_loadb(c->bytes, size, 0, NULL);
	c->size -= size + 1;
	memmove(c->bytes, end + 1, c->size);
	if (!json_is_object(value)) {
		json_decref(value);
		return -EBADMSG;
	}
	*reply = value;
	return 0;
}
