/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/control.h"

#include "control/client.h"
#include "control/socket.h"
#include "control/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_A_CALL = 32, /* then main sees to its other descriptors */
	TICK_MS = 1000,
};

/* What an event is about: one of these, or a client's place with its generation above. */
enum { EVENT_LISTENER = CONTROL_CLIENTS_MAX, EVENT_TIMER, EVENT_STREAM };

struct control {
	struct control_subject subject;
	struct log *log;
	uint64_t patience; /* ms */
	char path[CONFIG_SOCKET_MAX];
	int listener;
	int timer;
	int stream_timer; /* runs as long as somebody watches */
	struct control_stream_state *streams;
	int epoll;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- what is waited for ---- */

static int watch_descriptor(struct control *c, int operation, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	return epoll_ctl(c->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

static uint64_t event_of(const struct control *c, const struct control_client *client)
{
	return (uint64_t)(client - c->clients) | (uint64_t)client->generation << 32;
}

/* The client whose place and generation the event names, or NULL where that one has gone. */
static struct control_client *client_of(struct control *c, uint64_t event)
{
	struct control_client *client = &c->clients[(uint32_t)event];

	return client->fd >= 0 && client->generation == event >> 32 ? client : NULL;
}

/* A client with a reply to read gets no hearing, unless the reply is a stream. */
static int watch_client(struct control *c, const struct control_client *client)
{
	bool full = control_output_size(&client->out) > 0;
	uint32_t events = 0;

	if (full)
		events |= EPOLLOUT;
	if (!client->ended && !client->closing && (!full || client->stream != STREAM_NONE))
		events |= EPOLLIN;
	return watch_descriptor(c, EPOLL_CTL_MOD, client->fd, events, event_of(c, client));
}

/* ---- requests ---- */

static size_t total_output(const struct control *c)
{
	size_t total = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		total += control_output_size(&c->clients[i].out);
	return total;
}

/* Puts value, which is freed, on the client's output; a reply that does not fit is refused. */
static int reply(struct control_client *client, json_t *value)
{
	int error = value != NULL ? control_output_put(&client->out, value) : -ENOMEM;

	json_decref(value);
	if (error == -ENOBUFS) {
		value = control_refusal("too_much", "the reply is too large: ask for less with \"limit\"");
		error = value != NULL ? control_output_put(&client->out, value) : -ENOMEM;
		json_decref(value);
	}
	return error;
}

static int refuse(struct control_client *client, const char *code)
{
	client->closing = true;
	client->size = 0;
	return reply(client, control_refusal(code, strcmp(code, "too_large") == 0
							   ? "a request is one line of at most 4096 bytes"
							   : "the request does not end in a line end"));
}

static int answer(struct control *c, struct control_client *client, size_t size, uint64_t now)
{
	json_t *value;

	if (!client->privileged && total_output(c) > CONTROL_TOTAL_MAX)
		value = control_refusal("busy", "other clients have yet to read their replies");
	else
		value = control_answer(&c->subject, client->in, size, client->privileged, now,
				       &client->request, &client->stream);
	control_client_drop(client, size);
	return reply(client, value);
}

/* Every CONTROL_STREAM_MS, or never. */
static int set_stream_timer(struct control *c, bool on)
{
	const struct timespec period = { 0, on ? CONTROL_STREAM_MS * 1000000L : 0 };
	const struct itimerspec every = { period, period };

	return timerfd_settime(c->stream_timer, 0, &every, NULL) < 0 ? -errno : 0;
}

/* What happens from now on is told: the first run finds out where that begins. */
static int begin_stream(struct control *c, struct control_client *client)
{
	client->size = 0;
	if (!control_stream_run(c->streams, c->clients, CONTROL_CLIENTS_MAX))
		return 0;
	return set_stream_timer(c, true);
}

/* Answers what is there, one request after the other, as long as the replies leave at once. */
static int serve(struct control *c, struct control_client *client, uint64_t now)
{
	const char *refusal;
	size_t size;
	int error = control_client_write(client, now);

	while (error == 0 && control_output_size(&client->out) == 0 && client->stream == STREAM_NONE &&
	       control_client_next(client, &size, &refusal)) {
		error = answer(c, client, size, now);
		if (error == 0 && client->stream != STREAM_NONE)
			error = begin_stream(c, client);
		if (error == 0)
			error = control_client_write(client, now);
	}
	if (error < 0 || control_output_size(&client->out) > 0 || client->stream != STREAM_NONE)
		return error;
	if (!control_client_next(client, &size, &refusal) && refusal != NULL) {
		error = refuse(client, refusal);
		return error < 0 ? error : control_client_write(client, now);
	}
	return client->ended ? -EPIPE : 0;
}

static void handle_client(struct control *c, struct control_client *client, uint32_t events)
{
	uint64_t now = now_ms();
	int error = 0;

	if ((events & EPOLLERR) != 0 || (events & (EPOLLHUP | EPOLLIN)) == EPOLLHUP)
		error = -EPIPE;
	else if ((events & EPOLLIN) != 0)
		error = control_client_read(client, now);
	if (error == 0)
		error = serve(c, client, now);
	if (error == 0)
		error = watch_client(c, client);
	if (error < 0)
		control_client_close(client);
}

/* ---- clients that come ---- */

/* Who may lose the place to a newcomer, in this order: nobody may, one at work, one that is silent. */
enum standing { SAFE, AT_WORK, SILENT };

/* Only to root nobody else's work is in the way, and root's silence gives way to root alone. */
static enum standing standing_of(const struct control_client *client, bool privileged)
{
	if (client->privileged && !privileged)
		return SAFE;
	if (control_client_is_idle(client))
		return SILENT;
	return privileged && !client->privileged ? AT_WORK : SAFE;
}

/* A free place, if need be that of the client that has been silent for longest. */
static struct control_client *find_place(struct control *c, bool privileged)
{
	struct control_client *worst = NULL;
	enum standing lowest = SAFE;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &c->clients[i];
		enum standing standing;

		if (client->fd < 0)
			return client;
		standing = standing_of(client, privileged);
		if (standing < lowest || standing == SAFE)
			continue;
		if (standing > lowest || client->active < worst->active)
			worst = client;
		lowest = standing;
	}
	return worst;
}

/* Says why as far as the socket takes it at once. */
static void turn_away(int fd)
{
	struct control_output out = { 0 };
	json_t *value = control_refusal("too_many_clients", "there are too many connections, try again");

	if (value != NULL && control_output_put(&out, value) == 0 && control_output_send(&out, fd) < 0)
		out.end = out.start; /* it has gone already */
	json_decref(value);
	control_output_free(&out);
}

static void admit(struct control *c, int fd)
{
	const bool privileged = control_socket_is_privileged(fd);
	struct control_client *client = find_place(c, privileged);

	if (client == NULL) {
		turn_away(fd);
		close(fd);
		return;
	}
	if (client->fd >= 0) {
		if (control_output_size(&client->out) == 0) /* not into the middle of a reply */
			turn_away(client->fd);
		control_client_close(client);
	}
	client->fd = fd;
	client->active = now_ms();
	client->privileged = privileged;
	if (watch_descriptor(c, EPOLL_CTL_ADD, fd, EPOLLIN, event_of(c, client)) < 0)
		control_client_close(client);
}

static void handle_listener(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		admit(c, fd);
}

/* ---- time ---- */

static void handle_timer(struct control *c)
{
	uint64_t expirations, now = now_ms();

	if (read(c->timer, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0 && control_client_is_stuck(&c->clients[i], now, c->patience))
			control_client_close(&c->clients[i]);
}

static void update_stream(struct control *c, struct control_client *client, uint64_t now)
{
	int error = control_client_write(client, now);

	if (error == 0)
		error = watch_client(c, client);
	if (error < 0)
		control_client_close(client);
}

static void handle_stream(struct control *c)
{
	uint64_t expirations, now = now_ms();

	if (read(c->stream_timer, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	if (!control_stream_run(c->streams, c->clients, CONTROL_CLIENTS_MAX) &&
	    set_stream_timer(c, false) < 0)
		log_message(c->log, LOG_CONTROL_TIMER);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0 && c->clients[i].stream != STREAM_NONE)
			update_stream(c, &c->clients[i], now);
}

void control_handle(struct control *c)
{
	struct epoll_event events[EVENTS_A_CALL];
	int count = epoll_wait(c->epoll, events, EVENTS_A_CALL, 0);

	for (int i = 0; i < count; i++) {
		uint64_t data = events[i].data.u64;
		struct control_client *client;

		if (data == EVENT_LISTENER) {
			handle_listener(c);
		} else if (data == EVENT_TIMER) {
			handle_timer(c);
		} else if (data == EVENT_STREAM) {
			handle_stream(c);
		} else {
			client = client_of(c, data);
			if (client != NULL)
				handle_client(c, client, events[i].events);
		}
	}
}

/* ---- life ---- */

int control_fd(const struct control *c)
{
	return c->epoll;
}

static int start(struct control *c, const struct control_plan *plan)
{
	uint64_t tick = c->patience < TICK_MS ? c->patience : TICK_MS;
	const struct timespec period = { (time_t)(tick / 1000), (long)(tick % 1000) * 1000000 };
	const struct itimerspec every = { period, period };
	int error = control_socket_listen(plan->socket, plan->group, plan->mode, plan->log,
					  &c->listener);

	if (error < 0)
		return error;
	memcpy(c->path, plan->socket, strlen(plan->socket) + 1);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	c->stream_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	c->streams = control_stream_new(&c->subject);
	if (c->streams == NULL)
		return -ENOMEM;
	if (c->epoll < 0 || c->timer < 0 || c->stream_timer < 0 ||
	    timerfd_settime(c->timer, 0, &every, NULL) < 0)
		return -errno;
	error = watch_descriptor(c, EPOLL_CTL_ADD, c->listener, EPOLLIN, EVENT_LISTENER);
	if (error == 0)
		error = watch_descriptor(c, EPOLL_CTL_ADD, c->timer, EPOLLIN, EVENT_TIMER);
	if (error == 0)
		error = watch_descriptor(c, EPOLL_CTL_ADD, c->stream_timer, EPOLLIN, EVENT_STREAM);
	return error;
}

int control_open(const struct control_plan *plan, struct control **out)
{
	struct control *c = calloc(1, sizeof(*c));
	int error;

	if (c == NULL)
		return -ENOMEM;
	c->subject = *plan->subject;
	c->log = plan->log;
	c->patience = plan->patience != 0 ? plan->patience : CONTROL_PATIENCE_MS;
	c->listener = c->timer = c->stream_timer = c->epoll = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	error = start(c, plan);
	if (error < 0) {
		control_close(c);
		return error;
	}
	*out = c;
	return 0;
}

void control_close(struct control *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			control_client_close(&c->clients[i]);
	if (c->path[0] != '\0')
		unlink(c->path);
	if (c->listener >= 0)
		close(c->listener);
	if (c->timer >= 0)
		close(c->timer);
	if (c->stream_timer >= 0)
		close(c->stream_timer);
	if (c->epoll >= 0)
		close(c->epoll);
	control_stream_free(c->streams);
	free(c);
}
