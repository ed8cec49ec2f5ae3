/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ftp_client.h"

#include "core/cursor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REPLIES_MAX = 10000 }; /* lines of one reply: more is no server */

int ftp_client_connect(const struct endpoint *to)
{
	const struct timeval limit = { .tv_sec = FTP_CLIENT_SECONDS };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port),
				     .sin6_addr = to->addr };
	bool is_ipv4 = endpoint_is_ipv4(to);
	int fd = socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (is_ipv4) {
		ipv4.sin_addr = endpoint_ipv4(to);
		result = connect(fd, (struct sockaddr *)&ipv4, sizeof(ipv4));
	} else {
		result = connect(fd, (struct sockaddr *)&ipv6, sizeof(ipv6));
	}
	if (result < 0) {
		result = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
		close(fd);
		return result;
	}
	return fd;
}

static int fill(struct ftp_client *c)
{
	ssize_t got;

	if (c->size == sizeof(c->bytes))
		c->size = 0; /* a line without end */
	got = recv(c->fd, c->bytes + c->size, sizeof(c->bytes) - c->size, 0);
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	c->size += (size_t)got;
	return got == 0 ? -ECONNRESET : 0;
}

static int read_line(struct ftp_client *c)
{
	char *end;
	size_t size;

	while ((end = memchr(c->bytes, '\n', c->size)) == NULL) {
		int error = fill(c);

		if (error < 0)
			return error;
	}
	size = (size_t)(end - c->bytes);
	snprintf(c->reply, sizeof(c->reply), "%.*s", (int)size, c->bytes);
	c->reply[strcspn(c->reply, "\r")] = '\0';
	c->size -= size + 1;
	memmove(c->bytes, end + 1, c->size);
	return 0;
}

/* The code of the line at hand where it ends a reply that began with the code first, or 0. */
static int final_code(const struct ftp_client *c, int first)
{
	struct cursor at = cursor_over(c->reply, strlen(c->reply));
	int code = (int)cursor_number(&at, 3, 599);

	if (at.failed || at.at != 3 || (c->reply[3] != ' ' && c->reply[3] != '\0'))
		return 0;
	return first == 0 || code == first ? code : 0;
}

static int first_code(const struct ftp_client *c)
{
	struct cursor at = cursor_over(c->reply, strlen(c->reply));

	return (int)cursor_number(&at, 3, 599);
}

int ftp_client_hear(struct ftp_client *c)
{
	int first = 0;

	for (int lines = 0; lines < REPLIES_MAX; lines++) {
		int error = read_line(c), code;

		if (error < 0)
			return error;
		code = final_code(c, first);
		if (code > 0)
			return code;
		if (lines == 0)
			first = first_code(c);
	}
	return -EBADMSG;
}

int ftp_client_open(const struct endpoint *service, struct ftp_client *c)
{
	int fd = ftp_client_connect(service), code;

	if (fd < 0)
		return fd;
	*c = (struct ftp_client){ .fd = fd };
	code = ftp_client_hear(c);
	if (code < 0)
		ftp_client_close(c);
	return code;
}

void ftp_client_close(struct ftp_client *c)
{
	close(c->fd);
	c->fd = -1;
}

int ftp_client_say(struct ftp_client *c, const char *verb, const char *argument)
{
	char line[512];
	int size = snprintf(line, sizeof(line), "%s%s%s\r\n", verb, *argument != '\0' ? " " : "", argument);

	if (size >= (int)sizeof(line) || strpbrk(argument, "\r\n") != NULL)
		return -EINVAL;
	if (send(c->fd, line, (size_t)size, MSG_NOSIGNAL) != size)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return ftp_client_hear(c);
}
