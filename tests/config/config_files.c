/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE 1 /* nftw */
#include "config_files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/run.h"

/* libconfig 1.5 loses the text that it is reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

char source_directory[PATH_MAX];
char test_directory[] = "/tmp/check_config.XXXXXX";

struct config config;
struct config_errors errors;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	strcpy(test_directory + sizeof(test_directory) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(test_directory));
	ck_assert_int_eq(chmod(test_directory, 0755), 0);
	ck_assert_int_eq(chdir(test_directory), 0);
	memset(&config, 0, sizeof(config));
}

static void end(void)
{
	config_free(&config);
	ck_assert_int_eq(chdir("/"), 0);
	nftw(test_directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void write_bytes(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

void write_file(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

static void print_errors(char *out, size_t size)
{
	FILE *stream = fmemopen(out, size, "w");

	config_errors_print(&errors, stream);
	fclose(stream);
}

struct config take_config(void)
{
	struct config taken = config;

	memset(&config, 0, sizeof(config));
	return taken;
}

void load_good(const char *text)
{
	char said[8192] = "";
	int err;

	config_free(&config);
	write_file("c", text);
	err = config_load("c", true, &config, &errors);
	print_errors(said, sizeof(said));
	ck_assert_msg(err == 0, "refused with %d: %s", err, said);
	ck_assert_uint_eq(errors.count, 0);
}

void refuse_file(int expected, const char *lines)
{
	struct config before;
	char said[16384] = "";
	int err;

	config_free(&config);
	memset(&config, 0xa5, sizeof(config));
	before = config;
	err = config_load("c", true, &config, &errors);
	print_errors(said, sizeof(said));
	ck_assert_msg(strcmp(said, lines) == 0, "said:\n%s\nexpected:\n%s", said, lines);
	ck_assert_int_eq(err, expected);
	ck_assert_mem_eq(&config, &before, sizeof(config));
	memset(&config, 0, sizeof(config));
}

void refuse(const char *text, const char *lines)
{
	write_file("c", text);
	refuse_file(-EINVAL, lines);
}

void has_defaults(const struct config *c)
{
	ck_assert(c->discover);
	ck_assert(!c->guard);
	ck_assert_int_eq(c->forwarding, FORWARD_IPVS);
	ck_assert_uint_eq(c->queues.first, 2100);
	ck_assert_uint_eq(c->queues.count, 0);
	ck_assert_uint_eq(c->queues.length, 8192);
	ck_assert_str_eq(c->sync.interface, "auto");
	ck_assert_uint_eq(c->sync.id, 0);
	ck_assert_uint_eq(c->limits.sessions, 1000000);
	ck_assert_uint_eq(c->limits.openings_per_session, 8);
	ck_assert_uint_eq(c->limits.openings_per_client, 256);
	ck_assert_uint_eq(c->limits.sessions_per_client, 10000);
	ck_assert_uint_eq(c->limits.line, 8192);
	ck_assert_uint_eq(c->limits.idle, 7200);
	ck_assert_uint_eq(c->timeouts.opening, 60);
	ck_assert_str_eq(c->control.socket, "/run/ftpalgd/control");
	ck_assert_str_eq(c->control.group, "ftpalgd");
	ck_assert_int_eq(c->log.level, LOG_LEVEL_INFO);
	ck_assert_uint_eq(c->service_count, 0);
}

int run_config_suite(const char *name, TCase *tcase)
{
	const char *srcdir = getenv("srcdir"); /* automake's; the top one, from where we start */

	if (realpath(srcdir != NULL ? srcdir : ".", source_directory) == NULL)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, begin, end);
	return run_suite(name, tcase);
}
