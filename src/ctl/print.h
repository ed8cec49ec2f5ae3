/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results for people. Whatever came from elsewhere leaves as printable ASCII.
 */
#ifndef FTPALGD_CTL_PRINT_H
#define FTPALGD_CTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* first: no page of the same result has been printed. */
typedef void printer(const json_t *result, bool first);

printer print_status;
printer print_services;
printer print_sessions;
printer print_openings;
printer print_stats;
printer print_metrics;
printer print_recent;
printer print_event; /* one of a stream */
printer print_reload;
printer print_log;

/* Reading results: a missing key is "", 0 or false. */
const char *print_string(const json_t *object, const char *key);
uint64_t print_number(const json_t *object, const char *key);
bool print_bool(const json_t *object, const char *key);

/* The number, or "?" where it is not known. */
#define PRINT_KNOWN_MAX 24
const char *print_known(const json_t *object, const char *key, char text[static PRINT_KNOWN_MAX]);

/* Room for a sentence of the daemon. */
#define PRINT_WORDS_MAX 1024

/* "3 d 4 h", "12 min", "7 s" */
#define PRINT_AGE_MAX 32
const char *print_age(uint64_t seconds, char text[static PRINT_AGE_MAX]);

#endif
