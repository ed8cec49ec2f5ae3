/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/socket.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static int address_of(const char *path, struct sockaddr_un *address)
{
	size_t size = strlen(path) + 1;

	if (size > sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, size);
	return 0;
}

/* The service manager makes it; by hand nobody does. */
static void make_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *end;

	memcpy(directory, path, strlen(path) + 1);
	end = strrchr(directory, '/');
	if (end == NULL || end == directory)
		return;
	*end = '\0';
	if (mkdir(directory, 0755) < 0)
		return; /* it is there, or bind says why it cannot be */
}

/* Removes a socket on which nobody listens; nothing else is touched. */
static void remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

/* Under systemd chown is not there, and Group= does it: then there is nothing to change. */
static void give_to_group(const char *path, const char *name, struct log *log)
{
	struct group *group;
	struct stat st;

	if (*name == '\0')
		return;
	group = getgrnam(name);
	if (group == NULL) {
		log_message(log, LOG_CONTROL_GROUP_UNKNOWN, name);
		return;
	}
	if (stat(path, &st) == 0 && st.st_gid == group->gr_gid)
		return;
	if (chown(path, (uid_t)-1, group->gr_gid) < 0)
		log_message(log, LOG_CONTROL_GROUP_REFUSED, name, strerror(errno));
}

static int listen_at(int fd, const struct sockaddr_un *address, const char *group, mode_t mode,
		     struct log *log)
{
	mode_t mask = umask(0777 & ~mode);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(mask);
	if (result < 0)
		return -errno;
	give_to_group(address->sun_path, group, log);
	return listen(fd, BACKLOG) < 0 ? -errno : 0;
}

int control_socket_listen(const char *path, const char *group, mode_t mode, struct log *log, int *fd)
{
	struct sockaddr_un address;
	int error = address_of(path, &address), new;

	if (error < 0)
		return error;
	make_directory(path);
	remove_stale(&address);
	new = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (new < 0)
		return -errno;
	error = listen_at(new, &address, group, mode, log);
	if (error < 0) {
		close(new);
		return error;
	}
	*fd = new;
	return 0;
}

bool control_socket_is_privileged(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}
