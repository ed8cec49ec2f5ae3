/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/textfile.h"

#include "control/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The collector takes *.prom only. */
#define NEW_SUFFIX ".new"

/* Another user reads it. */
enum { MODE = 0644 };

static int write_metrics(const struct control_subject *subject, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, MODE);
	int error = 0;
	FILE *out;

	if (fd < 0)
		return -errno;
	out = fdopen(fd, "w");
	if (out == NULL) {
		close(fd);
		return -ENOMEM;
	}
	if (fchmod(fd, MODE) < 0)
		error = -errno;
	view_write_metrics(subject, out);
	if (ferror(out))
		error = -EIO;
	if (fclose(out) != 0)
		error = -errno;
	return error;
}

static int replace(const struct control_subject *subject, const char *path)
{
	char fresh[CONFIG_TEXTFILE_MAX + sizeof(NEW_SUFFIX)];
	int error;

	snprintf(fresh, sizeof(fresh), "%s" NEW_SUFFIX, path);
	error = write_metrics(subject, fresh);
	if (error == 0 && rename(fresh, path) < 0)
		error = -errno;
	if (error < 0 && unlink(fresh) < 0 && errno != ENOENT)
		return -errno;
	return error;
}

void textfile_update(struct textfile *t, uint64_t now)
{
	const struct config *config = t->subject->config(t->subject->context);
	int error;

	if (config->metrics.textfile[0] == '\0' || now < t->due)
		return;
	t->due = now + (uint64_t)config->metrics.interval * 1000;
	error = replace(t->subject, config->metrics.textfile);
	t->complaints.seconds = TEXTFILE_COMPLAIN_SECONDS;
	if (error < 0)
		log_message_limited(t->log, &t->complaints, now, NULL, LOG_TEXTFILE_REFUSED,
				    config->metrics.textfile, strerror(-error));
}

void textfile_remove(struct textfile *t)
{
	const struct config *config = t->subject->config(t->subject->context);

	if (config->metrics.textfile[0] != '\0' && unlink(config->metrics.textfile) < 0 &&
	    errno != ENOENT)
		log_message(t->log, LOG_TEXTFILE_REFUSED, config->metrics.textfile, strerror(errno));
}
