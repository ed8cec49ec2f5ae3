/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log/journal.h"

#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

enum {
	VALUE_MAX = 128, /* of one of the caller's fields */
	FIELD_MAX = 256,
	/* PRIORITY, SYSLOG_IDENTIFIER and MESSAGE_ID beside MESSAGE and the caller's own. */
	RECORD_MAX = LOG_TEXT_MAX + (4 + LOG_FIELDS_MAX) * FIELD_MAX,
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,     [LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};
_Static_assert(sizeof(priorities) / sizeof(priorities[0]) == LOG_LEVELS, "every level has a priority");

int log_journal_open(const char *path, struct log_journal *out)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	strcpy(to.sun_path, path);
	*out = (struct log_journal){ fd, to };
	return 0;
}

void log_journal_close(struct log_journal *journal)
{
	close(journal->fd);
}

/* Returns the new length; a field that finds no room is left out. */
static size_t add(char record[static RECORD_MAX], size_t used, const char *prefix, const char *name,
		  const char *value)
{
	int length = snprintf(record + used, RECORD_MAX - used, "%s%s=%s\n", prefix, name, value);

	return (size_t)length < RECORD_MAX - used ? used + (size_t)length : used;
}

int log_journal_send(const struct log_journal *journal, const struct log_record *record)
{
	char text[RECORD_MAX], value[VALUE_MAX];
	size_t used;

	used = add(text, 0, "", "MESSAGE", record->text);
	snprintf(value, sizeof(value), "%d", priorities[record->level]);
	used = add(text, used, "", "PRIORITY", value);
	used = add(text, used, "", "SYSLOG_IDENTIFIER", "ftpalgd");
	if (record->id != NULL)
		used = add(text, used, "", "MESSAGE_ID", record->id);
	for (size_t i = 0; i < record->field_count && i < LOG_FIELDS_MAX; i++)
		used = add(text, used, "FTPALGD_", record->fields[i].name,
			   text_escape(record->fields[i].value, value, sizeof(value)));
	if (sendto(journal->fd, text, used, MSG_NOSIGNAL, (const struct sockaddr *)&journal->to,
		   sizeof(journal->to)) >= 0)
		return 0;
	return errno == ENOBUFS ? -EAGAIN : -errno;
}
