/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of ftpalgctl becomes a request, or an error that says what is wrong.
 */
#include "ctl/monitor.h"
#include "ctl/options.h"
#include "../support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 12 };

/* Parses a line of words apart by blanks. */
static int parse(const char *line, struct options *o)
{
	static char words[256];
	char *argv[WORDS_MAX] = { 0 };
	int argc = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0; /* getopt starts anew */
	return ctl_options_parse(argc, argv, o);
}

static const struct {
	const char *line;
	const char *request;
} good[] = {
	{ "ftpalgctl status", "{\"command\":\"status\"}" },
	{ "ftpalgctl --json status", "{\"command\":\"status\"}" },
	{ "ftpalgctl services", "{\"command\":\"services\",\"limit\":1000}" },
	{ "ftpalgctl sessions --client 192.0.2.1 --service ftp --server 10.0.0.2:21",
	  "{\"client\":\"192.0.2.1\",\"command\":\"sessions\",\"limit\":1000,\"server\":\"10.0.0.2:21\","
	  "\"service\":\"ftp\"}" },
	{ "ftpalgctl --client 192.0.2.1 watch", "{\"client\":\"192.0.2.1\",\"command\":\"watch\"}" },
	{ "ftpalgctl trace 192.0.2.1", "{\"address\":\"192.0.2.1\",\"command\":\"trace\"}" },
	{ "ftpalgctl log debug", "{\"command\":\"log\",\"level\":\"debug\"}" },
	{ "ftpalgctl -s /x reload", "{\"command\":\"reload\"}" },
	{ "ftpalgctl import", "{\"command\":\"import\"}" },
	{ "ftpalgctl import file", "{\"command\":\"import\"}" },
};

START_TEST(words_become_a_request)
{
	struct options o;
	char *request;

	ck_assert_int_eq(parse(good[_i].line, &o), 0);
	request = json_dumps(o.request, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(request, good[_i].request);
	free(request);
	ctl_options_free(&o);
}
END_TEST

static const char *const bad[] = {
	"ftpalgctl",
	"ftpalgctl stat",
	"ftpalgctl status more",
	"ftpalgctl --nonsense status",
	"ftpalgctl -s",
	"ftpalgctl log",
	"ftpalgctl log debug more",
	"ftpalgctl trace",
	"ftpalgctl explain",
	"ftpalgctl status --client 192.0.2.1",
	"ftpalgctl sessions --client",
	"ftpalgctl import a b",
	"ftpalgctl status --probe 192.0.2.1",
	"ftpalgctl doctor --probe",
	"ftpalgctl log \xff\xfe",
};

START_TEST(wrong_usage_is_said_on_stderr)
{
	FILE *words = tmpfile();
	int saved = dup(STDERR_FILENO), result;
	struct options o;

	ck_assert_ptr_nonnull(words);
	dup2(fileno(words), STDERR_FILENO);
	result = parse(bad[_i], &o);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert_int_eq(result, -EINVAL);
	ck_assert_int_gt(lseek(fileno(words), 0, SEEK_END), 0);
	fclose(words);
}
END_TEST

START_TEST(wrong_usage_of_what_monitors_is_known_as_such)
{
	static const struct { const char *line, *command; } lines[] = {
		{ "ftpalgctl status --nonsense", "status" },
		{ "ftpalgctl --nonsense status", "status" },
		{ "ftpalgctl status more", "status" },
		{ "ftpalgctl services more", "services" },
	};
	struct options o;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_int_eq(parse(lines[i].line, &o), -EINVAL);
		ck_assert_ptr_nonnull(o.command);
		ck_assert_str_eq(o.command->name, lines[i].command);
		ck_assert_int_eq(o.command->monitors, strcmp(lines[i].command, "status") == 0);
	}
}
END_TEST

START_TEST(trouble_is_worse_than_a_warning_and_that_than_what_is_unknown)
{
	ck_assert_int_eq(monitor_of("fine"), 0);
	ck_assert_int_eq(monitor_of("warning"), 1);
	ck_assert_int_eq(monitor_of("trouble"), 2);
	ck_assert_int_eq(monitor_of("unknown"), 3);
	ck_assert_int_eq(monitor_of(""), 3);
	ck_assert_int_eq(monitor_worse(MONITOR_UNKNOWN, MONITOR_WARNING), MONITOR_WARNING);
	ck_assert_int_eq(monitor_worse(MONITOR_WARNING, MONITOR_TROUBLE), MONITOR_TROUBLE);
	ck_assert_int_eq(monitor_worse(MONITOR_FINE, MONITOR_UNKNOWN), MONITOR_UNKNOWN);
	ck_assert_int_eq(monitor_of_reach(REACH_ABSENT), MONITOR_TROUBLE);
	ck_assert_int_eq(monitor_of_reach(REACH_DENIED), MONITOR_UNKNOWN);
	ck_assert_int_eq(monitor_of_reach(REACH_ELSEWHERE), MONITOR_UNKNOWN);
}
END_TEST

START_TEST(socket_json_and_argument_are_taken)
{
	struct options o;

	ck_assert_int_eq(parse("ftpalgctl --json -s /x explain 192.0.2.1", &o), 0);
	ck_assert_str_eq(o.socket, "/x");
	ck_assert(o.json);
	ck_assert_str_eq(o.argument, "192.0.2.1");
	ctl_options_free(&o);
	ck_assert_int_eq(parse("ftpalgctl status", &o), 0);
	ck_assert_str_eq(o.socket, "/run/ftpalgd/control");
	ctl_options_free(&o);
}
END_TEST

START_TEST(help_and_version_need_no_command)
{
	struct options o;

	ck_assert_int_eq(parse("ftpalgctl -h", &o), 0);
	ck_assert(o.help);
	ctl_options_free(&o);
	ck_assert_int_eq(parse("ftpalgctl --version nonsense", &o), 0);
	ck_assert(o.version);
	ctl_options_free(&o);
}
END_TEST

START_TEST(ages_are_short)
{
	char text[PRINT_AGE_MAX];

	ck_assert_str_eq(print_age(0, text), "0 s");
	ck_assert_str_eq(print_age(119, text), "119 s");
	ck_assert_str_eq(print_age(120, text), "2 min");
	ck_assert_str_eq(print_age(3600, text), "1 h 0 min");
	ck_assert_str_eq(print_age(90000, text), "1 d 1 h");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ctl_options");

	tcase_add_loop_test(t, words_become_a_request, 0, (int)(sizeof(good) / sizeof(good[0])));
	tcase_add_loop_test(t, wrong_usage_is_said_on_stderr, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, wrong_usage_of_what_monitors_is_known_as_such);
	tcase_add_test(t, trouble_is_worse_than_a_warning_and_that_than_what_is_unknown);
	tcase_add_test(t, socket_json_and_argument_are_taken);
	tcase_add_test(t, help_and_version_need_no_command);
	tcase_add_test(t, ages_are_short);
	return run_suite("ctl_options", t);
}
