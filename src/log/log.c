/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log/log.h"

#include "core/text.h"
#include "log/journal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long log_message waits for room. */
enum { TRIES_MAX = 100, TRY_AGAIN_MS = 10 };

struct log {
	atomic_int level;
	log_sink *sink;
	void *context;
	struct log_journal journal; /* of log_open; fd is -1 where there is none */
	pthread_mutex_t lock; /* one sink call at a time, lost, and every struct log_limit */
	uint32_t lost;        /* records since the last one that was taken */
};

static const char *const levels[] = {
	[LOG_LEVEL_ERROR] = "error",   [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == LOG_LEVELS, "every level has a name");

const char *log_level_name(enum log_level level)
{
	return levels[level];
}

/*
 * Written is only what finds room at once. A pipe that says so takes a whole line (PIPE_BUF), a file
 * always does.
 */
static int stderr_sink(void *context, const struct log_record *record)
{
	char line[LOG_TEXT_MAX + 32];
	int length = snprintf(line, sizeof(line), "ftpalgd: %s: %s\n",
			      log_level_name(record->level), record->text);
	size_t left = (size_t)length;
	const char *next = line;

	(void)context;
	while (left > 0) {
		struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
		ssize_t written;

		if (poll(&out, 1, 0) == 0)
			return -EAGAIN;
		written = write(STDERR_FILENO, next, left);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return 0; /* nobody reads stderr: there is nowhere to say so */
		next += written;
		left -= (size_t)written;
	}
	return 0;
}

static int journal_sink(void *context, const struct log_record *record)
{
	int error = log_journal_send(context, record);

	return error < 0 && error != -EAGAIN ? stderr_sink(NULL, record) : error;
}

/* systemd.exec(5): stderr is the journal's only if it still is the file that the variable names. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (stream == NULL || access(LOG_JOURNAL_SOCKET, W_OK) < 0 ||
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
	log->journal.fd = -1;
	pthread_mutex_init(&log->lock, NULL);
	*out = log;
	return 0;
}

int log_open(enum log_level level, struct log **out)
{
	struct log *log = NULL;
	int error = log_open_sink(level, stderr_sink, NULL, &log);

	if (error < 0)
		return error;
	if (stderr_is_journal() && log_journal_open(LOG_JOURNAL_SOCKET, &log->journal) == 0) {
		log->sink = journal_sink;
		log->context = &log->journal;
	}
	*out = log;
	return 0;
}

void log_close(struct log *log)
{
	if (log == NULL)
		return;
	if (log->journal.fd >= 0)
		log_journal_close(&log->journal);
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

static struct log_record head_of(const struct log_about *about, enum log_level level, const char *id)
{
	return (struct log_record){
		.level = level,
		.id = id,
		.fields = about != NULL ? about->fields : NULL,
		.field_count = about != NULL ? about->count : 0,
	};
}

/* One of messages.h, which has the number of lost records in its text. */
__attribute__((format(printf, 4, 5)))
static int tell_lost(struct log *log, enum log_level level, const char *id, const char *format, ...)
{
	struct log_record record = head_of(NULL, level, id);
	char text[LOG_TEXT_MAX];
	va_list arguments;
	int error;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	record.text = text;
	error = log->sink(log->context, &record);
	if (error == 0)
		log->lost = 0;
	return error;
}

/* Whether the sink has it. While records are being lost nobody waits. */
static bool hand_over(struct log *log, const struct log_record *record, bool wait)
{
	int error = 0;

	pthread_mutex_lock(&log->lock);
	if (log->lost > 0)
		error = tell_lost(log, LOG_LOST, log->lost);
	if (error == 0)
		error = log->sink(log->context, record);
	wait &= log->lost == 0;
	if (error < 0 && !wait)
		log->lost++;
	pthread_mutex_unlock(&log->lock);
	return error == 0 || !wait;
}

/* Not under the lock: workers log as well. */
static void wait_for_room(void)
{
	const struct timespec t = { .tv_nsec = TRY_AGAIN_MS * 1000000 };

	nanosleep(&t, NULL);
}

static void emit(struct log *log, const struct log_record *head, bool patient, struct held_back held,
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
	text_escape(raw, text, sizeof(text) - strlen(more));
	strcat(text, more);
	record.text = text;
	for (int tries = patient ? TRIES_MAX : 0; !hand_over(log, &record, tries > 0); tries--)
		wait_for_room();
	errno = saved_errno;
}

void log_message(struct log *log, enum log_level level, const char *id, const char *format, ...)
{
	const struct log_record head = head_of(NULL, level, id);
	va_list arguments;

	if (!log_enabled(log, level))
		return;
	va_start(arguments, format);
	emit(log, &head, true, (struct held_back){ 0 }, format, arguments);
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
	emit(log, &head, false, (struct held_back){ 0 }, format, arguments);
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
	emit(log, &head, false, held, format, arguments);
	va_end(arguments);
	return true;
}
