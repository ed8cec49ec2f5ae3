/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator writes, and what the daemon answers, word for word: what the tests of the
 * configuration share. Each test runs in an empty directory of its own; the file is called c there.
 */
#ifndef FTPALGD_TESTS_CONFIG_CONFIG_FILES_H
#define FTPALGD_TESTS_CONFIG_CONFIG_FILES_H

#include <check.h>
#include <limits.h>
#include <stddef.h>

#include "config/config.h"

extern char source_directory[PATH_MAX]; /* the top one */
extern char test_directory[];           /* where a test begins */

/* Of the last load; freed after each test. */
extern struct config config;
extern struct config_errors errors;

void write_bytes(const char *path, const char *bytes, size_t length);
void write_file(const char *path, const char *text);

/* Loads text; it must be good. */
void load_good(const char *text);

/* What was loaded, now the caller's. */
struct config take_config(void);

/* Loads c as it is; it must be refused with these lines and leave the configuration alone. */
void refuse_file(int expected, const char *lines);
void refuse(const char *text, const char *lines);

void has_defaults(const struct config *c);

/* A file with one service that is right but for what members may add. */
#define SERVICE(members) \
	"services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\n" members " } );"

int run_config_suite(const char *name, TCase *tcase);

#endif
