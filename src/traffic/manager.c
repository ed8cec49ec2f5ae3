/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATE_MAX 256

/* ---- what it is told ---- */

/* A path, or with @ in front a name without a file. */
static int find_socket(struct sockaddr_un *to, socklen_t *length)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path != NULL ? strlen(path) : 0;

	if (size == 0)
		return -ENOENT;
	if ((path[0] != '/' && path[0] != '@') || size >= sizeof(to->sun_path))
		return -EINVAL;
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(to->sun_path, path, size);
	if (path[0] == '@')
		to->sun_path[0] = '\0';
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	return 0;
}

static void attach(struct msghdr *message, int fd)
{
	struct cmsghdr *rights = CMSG_FIRSTHDR(message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
}

/* fd -1: the state alone. */
static int send_state(const char *state, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct sockaddr_un to;
	struct iovec text = { .iov_base = (char *)state, .iov_len = strlen(state) };
	struct msghdr message = { .msg_name = &to, .msg_iov = &text, .msg_iovlen = 1 };
	int error = find_socket(&to, &message.msg_namelen), socket_fd;

	if (error < 0)
		return error;
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
		attach(&message, fd);
	}
	socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return -errno;
	if (sendmsg(socket_fd, &message, MSG_NOSIGNAL) < 0)
		error = -errno;
	close(socket_fd);
	return error;
}

void manager_notify(const char *format, ...)
{
	char state[STATE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(state, sizeof(state), format, arguments);
	va_end(arguments);
	(void)send_state(state, -1);
}

int manager_hand(const char *state, int fd)
{
	int error = send_state(state, fd);

	return error == -ENOENT && getenv("NOTIFY_SOCKET") == NULL ? 0 : error;
}

/* It closes its copy of the pipe's end when it comes to this message. */
void manager_wait(int milliseconds)
{
	struct pollfd end = { .events = 0 };
	int ends[2];

	if (getenv("NOTIFY_SOCKET") == NULL || pipe2(ends, O_CLOEXEC) < 0)
		return;
	end.fd = ends[0];
	if (send_state("BARRIER=1", ends[1]) == 0) {
		close(ends[1]);
		(void)poll(&end, 1, milliseconds);
	} else {
		close(ends[1]);
	}
	close(ends[0]);
}

/* ---- what it hands over ---- */

static long number(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value = text != NULL ? strtol(text, &end, 10) : -1;

	return end != NULL && end != text && *end == '\0' ? value : -1;
}

static void free_names(char **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* As many words between colons as there are descriptors. */
static int split_names(const char *text, int count, char ***out)
{
	char **names = calloc((size_t)count, sizeof(*names));

	if (names == NULL)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		size_t size = strcspn(text, ":");

		if ((text[size] == ':') != (i + 1 < count)) {
			free_names(names, i);
			return -EINVAL;
		}
		names[i] = strndup(text, size);
		if (names[i] == NULL) {
			free_names(names, i);
			return -ENOMEM;
		}
		text += size + 1;
	}
	*out = names;
	return 0;
}

static int close_on_exec(int count)
{
	for (int fd = MANAGER_FIRST_FD; fd < MANAGER_FIRST_FD + count; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	return 0;
}

static int read_environment(char ***names)
{
	const char *text = getenv("LISTEN_FDNAMES");
	long count = number("LISTEN_FDS");
	int error;

	if (number("LISTEN_PID") != getpid() || count == 0)
		return 0;
	if (count < 0 || count > MANAGER_FDS_MAX || text == NULL)
		return -EINVAL;
	error = close_on_exec((int)count);
	if (error == 0)
		error = split_names(text, (int)count, names);
	return error < 0 ? error : (int)count;
}

int manager_descriptors(char ***names)
{
	int count;

	*names = NULL;
	count = read_environment(names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count;
}
