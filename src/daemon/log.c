/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FIELD_TEXT_MAX 256
/* PRIORITY, MESSAGE and MESSAGE_ID, beside the caller's own fields. */
#define OWN_FIELDS 3
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct log {
	atomic_int level;
	log_sink *sink;
	void *context;
	pthread_mutex_t lock; /* one sink call at a time, and every struct log_limit */
};

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_NOTICE] = { "notice", LOG_NOTICE },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == LOG_LEVELS, "every level has a name");

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

const char *log_escape(const char *in, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;
	size_t safe = 0; /* where "..." still fits */

	for (; *in != '\0'; in++) {
		unsigned char byte = (unsigned char)*in;
		bool plain = byte >= ' ' && byte <= '~';

		if (used + 3 < size)
			safe = used;
		if (used + (plain ? 1 : 4) >= size) {
			memcpy(out + safe, "...", 3);
			used = safe + 3;
			break;
		}
		if (plain) {
			out[used++] = (char)byte;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[byte >> 4];
		out[used++] = digits[byte & 15];
	}
	out[used] = '\0';
	return out;
}

static void stderr_sink(void *context, const struct log_record *record)
{
	char line[LOG_TEXT_MAX + 32];
	int length = snprintf(line, sizeof(line), "ftpalgd: %s: %s\n",
			      log_level_name(record->level), record->text);
	size_t left = (size_t)length;
	const char *next = line;

	(void)context;
	while (left > 0) {
		ssize_t written = write(STDERR_FILENO, next, left);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return; /* nobody reads stderr: there is nowhere to say so */
		next += written;
		left -= (size_t)written;
	}
}

static struct iovec journal_field(char text[static FIELD_TEXT_MAX], const struct log_field *field)
{
	char value[FIELD_TEXT_MAX / 2];
	int length = snprintf(text, FIELD_TEXT_MAX, "FTPALGD_%s=%s", field->name,
			      log_escape(field->value, value, sizeof(value)));

	if (length >= FIELD_TEXT_MAX)
		length = FIELD_TEXT_MAX - 1;
	return (struct iovec){ .iov_base = text, .iov_len = (size_t)length };
}

static void journal_sink(void *context, const struct log_record *record)
{
	char priority[] = "PRIORITY=0";
	char message[LOG_TEXT_MAX + sizeof("MESSAGE=")];
	char id[sizeof("MESSAGE_ID=") + 32];
	char texts[LOG_FIELDS_MAX][FIELD_TEXT_MAX];
	struct iovec fields[OWN_FIELDS + LOG_FIELDS_MAX];
	int count = 0;

	priority[sizeof(priority) - 2] = (char)('0' + levels[record->level].priority);
	snprintf(message, sizeof(message), "MESSAGE=%s", record->text);
	fields[count++] = (struct iovec){ priority, sizeof(priority) - 1 };
	fields[count++] = (struct iovec){ message, strlen(message) };
	if (record->id != NULL) {
		snprintf(id, sizeof(id), "MESSAGE_ID=%s", record->id);
		fields[count++] = (struct iovec){ id, strlen(id) };
	}
	for (size_t i = 0; i < record->field_count && i < LOG_FIELDS_MAX; i++)
		fields[count++] = journal_field(texts[i], &record->fields[i]);
	if (sd_journal_sendv(fields, count) < 0)
		stderr_sink(context, record);
}

/*
 * systemd.exec(5): stderr is the journal's only if it still is the file that the variable names.
 * sd_journal_sendv reports success where the socket is missing, and the record would be lost.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (stream == NULL || access(JOURNAL_SOCKET, W_OK) < 0 ||
	    sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

int log_open_sink(enum log_level level, log_sink *sink, void *context, struct log **out)
{
	struct log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return -ENOMEM;
	atomic_init(&log->level, (int)level);
	log->sink = sink;
	log->context = context;
	pthread_mutex_init(&log->lock, NULL);
	*out = log;
	return 0;
}

int log_open(enum log_level level, struct log **out)
{
	return log_open_sink(level, stderr_is_journal() ? journal_sink : stderr_sink, NULL, out);
}

void log_close(struct log *log)
{
	if (log == NULL)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log);
}

void log_set_level(struct log *log, enum log_level level)
{
	atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_enabled(const struct log *log, enum log_level level)
{
	return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

/* What was held back before this record; 0 is nothing. */
struct held_back {
	uint32_t count;
	uint64_t seconds;
};

static void emit(struct log *log, const struct log_record *head, struct held_back held,
		 const char *format, va_list arguments)
{
	int saved_errno = errno;
	char raw[LOG_TEXT_MAX + 1]; /* one too long for text: a cut here shows as a cut there */
	char text[LOG_TEXT_MAX];
	char more[96] = "";
	struct log_record record = *head;

	if (vsnprintf(raw, sizeof(raw), format, arguments) < 0)
		snprintf(raw, sizeof(raw), "%s", format);
	if (held.count > 0)
		snprintf(more, sizeof(more), " (%u more like this in the last %llu seconds)",
			 held.count, (unsigned long long)held.seconds);
	log_escape(raw, text, sizeof(text) - strlen(more));
	strcat(text, more);
	record.text = text;
	pthread_mutex_lock(&log->lock);
	log->sink(log->context, &record);
	pthread_mutex_unlock(&log->lock);
	errno = saved_errno;
}

static struct log_record head_of(const struct log_about *about, enum log_level level, const char *id)
{
	return (struct log_record){
		.level = level,
		.id = id,
		.fields = about != NULL ? about->fields : NULL,
		.field_count = about != NULL ? about->count : 0,
	};
}

void log_message(struct log *log, enum log_level level, const char *id, const char *format, ...)
{
	const struct log_record head = head_of(NULL, level, id);
	va_list arguments;

	if (!log_enabled(log, level))
		return;
	va_start(arguments, format);
	emit(log, &head, (struct held_back){ 0 }, format, arguments);
	va_end(arguments);
}

void log_message_about(struct log *log, const struct log_about *about, enum log_level level,
		       const char *id, const char *format, ...)
{
	const struct log_record head = head_of(about, level, id);
	va_list arguments;

	if (!log_enabled(log, level))
		return;
	va_start(arguments, format);
	emit(log, &head, (struct held_back){ 0 }, format, arguments);
	va_end(arguments);
}

static bool interval_over(const struct log_limit *limit, uint64_t now)
{
	return now - limit->since >= (uint64_t)limit->seconds * 1000;
}

/* Ends the interval; the next one begins now. */
static struct held_back limit_restart(struct log_limit *limit, uint64_t now)
{
	struct held_back held = { limit->suppressed, (now - limit->since) / 1000 };

	limit->suppressed = 0;
	limit->since = now;
	return held;
}

static bool limit_passes(struct log *log, struct log_limit *limit, uint64_t now,
			 struct held_back *held)
{
	bool passes;

	pthread_mutex_lock(&log->lock);
	passes = limit->since == 0 || interval_over(limit, now);
	if (passes)
		*held = limit_restart(limit, now);
	else if (limit->suppressed < UINT32_MAX)
		limit->suppressed++;
	pthread_mutex_unlock(&log->lock);
	return passes;
}

bool log_message_limited(struct log *log, struct log_limit *limit, uint64_t now,
			 const struct log_about *about, enum log_level level, const char *id,
			 const char *format, ...)
{
	const struct log_record head = head_of(about, level, id);
	struct held_back held = { 0 };
	va_list arguments;

	if (!log_enabled(log, level) || !limit_passes(log, limit, now, &held))
		return false;
	va_start(arguments, format);
	emit(log, &head, held, format, arguments);
	va_end(arguments);
	return true;
}
