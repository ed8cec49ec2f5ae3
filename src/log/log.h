/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says, one record a call, to the journal or to stderr.
 *
 * When stderr is the journal's own stream (JOURNAL_STREAM, systemd.exec(5)) a record goes there
 * with its fields; else it is one line "ftpalgd: level: text" on stderr. Texts are
 * escaped as core/text.h says.
 *
 * Packets never wait for whoever reads the journal, a pipe or a file: a record that finds no room is lost, and the next one
 * that finds some comes after one that tells how many were.
 *
 * A struct log belongs to main and outlives every thread that uses it. All calls but log_open,
 * log_open_sink and log_close may come from several threads at once.
 */
#ifndef FTPALGD_LOG_LOG_H
#define FTPALGD_LOG_LOG_H

#include "log/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVELS,
};

/* A longer text is cut and ends in "...". Bytes, after escaping. */
#define LOG_TEXT_MAX 1024
/* Fields of one record; more are dropped. */
#define LOG_FIELDS_MAX 12

/* { "CLIENT", "192.0.2.1" } is FTPALGD_CLIENT=192.0.2.1 in the journal. */
struct log_field {
	const char *name; /* [A-Z0-9_], without the prefix */
	const char *value;
};

/* What a record is about, in words that a program can select by. */
struct log_about {
	size_t count;
	struct log_field fields[LOG_FIELDS_MAX];
};

struct log_record {
	enum log_level level;
	const char *id; /* MESSAGE_ID, 32 hexadecimal digits, or NULL */
	const struct log_field *fields;
	size_t field_count;
	const char *text; /* escaped, one line, without its end */
};

/*
 * Takes a record where a test wants to read it. Called by one thread at a time. Returns 0, or
 * -EAGAIN: it could not be taken without waiting.
 */
typedef int log_sink(void *context, const struct log_record *record);

struct log;

/* Return 0, or -ENOMEM and leave *out as it was. */
int log_open(enum log_level level, struct log **out) __attribute__((warn_unused_result));
int log_open_sink(enum log_level level, log_sink *sink, void *context, struct log **out)
	__attribute__((warn_unused_result));
void log_close(struct log *log);

/* Records above this level are not made. */
void log_set_level(struct log *log, enum log_level level);
bool log_enabled(const struct log *log, enum log_level level);

/* "error", "warning", ... */
const char *log_level_name(enum log_level level);

/*
 * One of messages.h, which stands for level, id and format:
 *	log_message(log, LOG_SERVING, address, name, how);
 * id may be NULL. Waits for a reader that is slow, but no longer than a second; for main alone.
 */
void log_message(struct log *log, enum log_level level, const char *id, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with fields; never waits. */
void log_message_about(struct log *log, const struct log_about *about, enum log_level level,
		       const char *id, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * One reason that a peer can cause as often as it likes. The first record of an interval is
 * made, the others are counted, and the first one after the interval ends in
 * "(N more like this in the last S seconds)". All zero but seconds is a fresh one.
 */
struct log_limit {
	uint32_t seconds; /* the interval */
	uint32_t suppressed;
	uint64_t since; /* ms, begin of the interval; 0: none begun */
};

/*
 * The same under a limit; about may be NULL. Never waits. now is a monotonic clock in ms, never 0. Returns whether
 * the record was made; suppressed ones cost a lock and no formatting.
 */
bool log_message_limited(struct log *log, struct log_limit *limit, uint64_t now,
			 const struct log_about *about, enum log_level level, const char *id,
			 const char *format, ...)
	__attribute__((format(printf, 7, 8)));

#endif
