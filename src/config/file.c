/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOO_LARGE "is too large: 1 MiB is allowed, all includes together"

static const char *other_than_a_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return NULL;
	case S_IFDIR:
		return "is a directory, not a file";
	case S_IFIFO:
		return "is a FIFO, not a file";
	default:
		return "is a device, not a file";
	}
}

/* The size that fstat gives may be wrong by now, or always (procfs): read till the end. */
static int read_whole(int fd, size_t limit, char **text, size_t *length, const char **why)
{
	char *buffer = malloc(limit + 1);
	size_t used = 0;
	ssize_t got;

	if (buffer == NULL) {
		*why = strerror(ENOMEM);
		return -ENOMEM;
	}
	do {
		got = read(fd, buffer + used, limit + 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while ((got > 0 && used <= limit) || (got < 0 && errno == EINTR));
	if (got < 0 || used > limit) {
		int err = got < 0 ? errno : EFBIG;

		*why = got < 0 ? strerror(err) : TOO_LARGE;
		free(buffer);
		return -err;
	}
	buffer[used] = '\0';
	*text = buffer;
	*length = used;
	return 0;
}

int config_file_read(const char *path, size_t limit, char **text, size_t *length, const char **why)
{
	/* O_NONBLOCK: a FIFO without a writer opens at once */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err = -errno;
		*why = strerror(-err);
		if (fd >= 0)
			close(fd);
		/* no such device: a socket, or a device node without its driver */
		if (err == -ENXIO || err == -ENODEV)
			*why = "is a socket or a device, not a file";
		return err;
	}
	*why = other_than_a_file(st.st_mode);
	err = *why != NULL ? -EINVAL : read_whole(fd, limit, text, length, why);
	close(fd);
	return err;
}
