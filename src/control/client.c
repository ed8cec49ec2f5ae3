/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool control_client_is_idle(const struct control_client *c)
{
	return c->stream == STREAM_NONE && c->size == 0 && control_output_size(&c->out) == 0;
}

bool control_client_is_stuck(const struct control_client *c, uint64_t now, uint64_t patience)
{
	bool owes = c->size > 0 || control_output_size(&c->out) > 0;

	return owes && now - c->active > patience;
}

/* An end of the stream is no error: what came before it is answered. */
int control_client_read(struct control_client *c, uint64_t now)
{
	ssize_t got;

	if (c->ended || c->size == sizeof(c->in))
		return 0;
	got = recv(c->fd, c->in + c->size, sizeof(c->in) - c->size, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (got == 0)
		c->ended = true;
	else
		c->active = now;
	if (c->stream != STREAM_NONE)
		return c->ended ? -EPIPE : 0; /* who watches has said all it may say */
	c->size += (size_t)got;
	return 0;
}

int control_client_write(struct control_client *c, uint64_t now)
{
	ssize_t sent = control_output_send(&c->out, c->fd);

	if (sent < 0)
		return (int)sent;
	if (sent > 0)
		c->active = now;
	if (control_output_size(&c->out) == 0 && c->closing)
		return -EPIPE;
	return 0;
}

bool control_client_next(const struct control_client *c, size_t *size, const char **refusal)
{
	const char *end = memchr(c->in, '\n', c->size);

	*refusal = NULL;
	if (end != NULL) {
		*size = (size_t)(end - c->in);
		return true;
	}
	if (c->size == sizeof(c->in))
		*refusal = "too_large";
	else if (c->ended && c->size > 0)
		*refusal = "malformed";
	return false;
}

void control_client_drop(struct control_client *c, size_t size)
{
	c->size -= size + 1;
	memmove(c->in, c->in + size + 1, c->size);
}

void control_client_close(struct control_client *c)
{
	close(c->fd);
	control_output_free(&c->out);
	*c = (struct control_client){ .fd = -1, .generation = c->generation + 1 };
}
