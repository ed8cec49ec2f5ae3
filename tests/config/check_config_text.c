/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text as such: syntax, files, includes, and whatever else is no configuration. */
#include "config_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
START_TEST(every_error_is_told_up_to_the_limit)
{
	char text[4096] = "", said[4096] = "";
	size_t used = 0, told = 0;

	for (int i = 1; i <= 30; i++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "q%02dxxxx = { }; limits%d = 1;\n", i, i);
		if (i <= 10)
			told += (size_t)snprintf(said + told, sizeof(said) - told,
				"c:%d: unknown key \"q%02dxxxx\", known are discover, services, forwarding, "
				"guard, queues, sync, limits, timeouts, control, metrics, log\n"
				"c:%d: unknown key \"limits%d\", did you mean \"limits\"?\n", i, i, i, i);
	}
	snprintf(said + told, sizeof(said) - told, "and 40 more\n");
	refuse(text, said);
	ck_assert_uint_eq(errors.count, 60);
}
END_TEST

START_TEST(a_value_without_quotes_is_explained)
{
	refuse("discover = yes;\nforwarding = ipvs;\nlog = { level : debug };",
	       "c:1: yes is no value, allowed are true, false, numbers and \"texts\"\n"
	       "c:2: ipvs is no value, allowed are true, false, numbers and \"texts\"\n"
	       "c:3: debug is no value, allowed are true, false, numbers and \"texts\"\n");
	load_good("discover = TRUE; guard : False;");
}
END_TEST

START_TEST(a_syntax_error_shows_its_line)
{
	refuse("\n\nservices = ( { virtual = 192.0.2.10:21; } );\n",
	       "c:3: syntax error at or before: services = ( { virtual = 192.0.2.10:21; } );\n");
	refuse("guard = true;;\n", "c:1: syntax error at or before: guard = true;;\n");
	refuse("guard\n= true\n= false; # and a comment that goes on, longer than what can be shown\n",
	       "c:3: syntax error at or before: = false; # and a comment that goes on, longer than what ...\n");
	refuse("limits = { line = 5x; };", "c:1: syntax error at or before: limits = { line = 5x; };\n");
	refuse("limits = { line = 0x; };", "c:1: syntax error at or before: limits = { line = 0x; };\n");
}
END_TEST

START_TEST(a_trailing_comma_is_named)
{
	refuse("services = (\n { name = \"a\"; virtual = \"192.0.2.1:21\"; },\n);",
	       "c:3: a comma before ) is not allowed\n");
	refuse("sync = [ 1, /* x */ ];", "c:1: a comma before ] is not allowed\n");
}
END_TEST

START_TEST(brackets_that_do_not_match_are_named)
{
	refuse("limits = {\n line = 600;\n", "c:1: this { is never closed\n");
	refuse("limits = {\n line = 600;\n)", "c:3: ) does not close the { of c:1\n");
	refuse("guard = true;\n}\n", "c:2: } closes nothing\n");
}
END_TEST

START_TEST(what_is_never_closed_is_named_where_it_begins)
{
	refuse("guard = true;\n/* comment\n\ndiscover = false;\n",
	       "c:2: this comment is never closed, */ is missing\n");
	refuse("\nforwarding = \"ipvs;\nguard = true;\n",
	       "c:2: this text has no closing \" on its line\n");
	refuse("forwarding = \"ipvs\\", "c:1: this text has no closing \" on its line\n");
	refuse("/*/", "c:1: this comment is never closed, */ is missing\n");
}
END_TEST

START_TEST(lines_are_counted_through_comments_and_texts)
{
	refuse("/* one\n two */ // three \" \n# \"(\nlog = { level = \"in\" \"fo\"; };\n"
	       "control = { group = \"\\\"#//@include\"; };\nbad_key = 1;\n",
	       "c:5: control.group is \"\"#//@include\", allowed is the name of a group, or \"\" for "
	       "the daemon's own\n"
	       "c:6: unknown key \"bad_key\", known are discover, services, forwarding, guard, "
	       "queues, sync, limits, timeouts, control, metrics, log\n");
}
END_TEST

START_TEST(bytes_that_belong_in_no_text_are_refused)
{
	static const char nul[] = "guard = true;\n\n# a\0b\n";

	write_bytes("c", nul, sizeof(nul) - 1);
	refuse_file(-EINVAL, "c:3: a NUL byte: this is no text file\n");
	refuse("control = { group = \"a\\x00b\"; };", "c:1: \\x00 is not allowed in a text\n");
	refuse("\xef\xbb\xbfguard = true;\n",
	       "c:1: a byte order mark is not allowed, save the file without it\n");
	refuse("guard = \xe2\x80\x9ctrue\xe2\x80\x9d;\n", "c:1: the byte 0xe2 is not allowed here\n");
	load_good("# \xc3\xa9t\xc3\xa9\n/* \xff */");
}
END_TEST

START_TEST(deep_nesting_is_refused_not_followed)
{
	char *text = malloc(500000);

	memset(text, '(', 499999);
	text[499999] = '\0';
	memcpy(text, "queues = ", 9);
	refuse(text, "c:1: brackets are nested more than 16 deep\n");
	free(text);
	load_good("services = ( /* ((((((((((((((((( */ ); # (((((((((((((((((");
	refuse("queues = (((((((((((((((((1)))))))))))))))));",
	       "c:1: brackets are nested more than 16 deep\n");
	refuse("queues = ((((((((((((((((1))))))))))))))));",
	       "c:1: queues is a list ( ), allowed is a group: queues = { KEY = VALUE; };\n");
}
END_TEST

/* --- files --- */

START_TEST(what_is_not_a_file_is_refused_and_never_waited_for)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "c" };
	int fd;

	ck_assert_int_eq(mkdir("c", 0755), 0);
	refuse_file(-EINVAL, "c: is a directory, not a file\n");
	rmdir("c");
	ck_assert_int_eq(mkfifo("c", 0644), 0);
	refuse_file(-EINVAL, "c: is a FIFO, not a file\n");
	unlink("c");
	ck_assert_int_eq(symlink("/dev/zero", "c"), 0);
	refuse_file(-EINVAL, "c: is a device, not a file\n");
	unlink("c");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refuse_file(-ENXIO, "c: is a socket or a device, not a file\n");
	close(fd);
	unlink("c");
	ck_assert_int_eq(symlink("c", "c"), 0);
	refuse_file(-ELOOP, "c: Too many levels of symbolic links\n");
}
END_TEST

START_TEST(an_unreadable_file_is_an_error_even_if_it_need_not_exist)
{
	uid_t user = geteuid();

	write_file("c", "guard = true;\n");
	ck_assert_int_eq(chmod("c", 0), 0);
	ck_assert(user != 0 || seteuid(65534) == 0);
	ck_assert_int_eq(config_load("c", false, &config, &errors), -EACCES);
	ck_assert_str_eq(errors.text[0], "c: Permission denied");
	refuse_file(-EACCES, "c: Permission denied\n");
	ck_assert(user != 0 || seteuid(user) == 0);
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	char *text = malloc(CONFIG_FILE_MAX + 2);

	memset(text, '#', CONFIG_FILE_MAX + 1);
	text[CONFIG_FILE_MAX + 1] = '\0';
	refuse_file(-ENOENT, "c: No such file or directory\n");
	write_file("c", text);
	refuse_file(-EFBIG, "c: is too large: 1 MiB is allowed, all includes together\n");
	text[CONFIG_FILE_MAX] = '\0';
	load_good(text);
	write_file("part", text + CONFIG_FILE_MAX / 2);
	refuse("@include \"part\"\n\n@include \"part\"\n",
	       "c:3: cannot include part: is too large: 1 MiB is allowed, all includes together\n");
	free(text);
}
END_TEST

START_TEST(includes_are_relative_to_the_file_that_names_them)
{
	struct config other;
	char path[PATH_MAX];

	ck_assert_int_eq(mkdir("d", 0755), 0);
	ck_assert_int_eq(mkdir("d/e", 0755), 0);
	write_file("d/c", "@include \"e/one\"\n"
			  "limits = {\n\t @include \t\"e/line\" # why not\n idle = 5; };\n");
	write_file("d/e/one", "guard = true;\n@include \"two\"");
	write_file("d/e/two", "discover = false;");
	write_file("d/e/line", "line = 777;");
	ck_assert_int_eq(config_load("d/c", true, &config, &errors), 0);
	ck_assert(config.guard && !config.discover);
	ck_assert_uint_eq(config.limits.line, 777);
	ck_assert_uint_eq(config.limits.idle, 5);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(path, sizeof(path), "%s/d/c", test_directory);
	ck_assert_int_eq(config_load(path, true, &other, &errors), 0);
	ck_assert_uint_eq(other.limits.line, 777);
	config_free(&other);
	ck_assert_int_eq(chdir(test_directory), 0);
	snprintf(path, sizeof(path), "limits = {\n@include \"%s/d/e/line\"\n};", test_directory);
	write_file("d/c", path);
	ck_assert_int_eq(config_load("d/c", true, &other, &errors), 0);
	ck_assert_uint_eq(other.limits.line, 777);
	config_free(&other);
}
END_TEST

START_TEST(errors_name_the_included_file_and_the_lines_around_it_stay_right)
{
	ck_assert_int_eq(mkdir("d", 0755), 0);
	write_file("d/one", "# first\nguard = 1;\n@include \"two\"\nlog = { level = 1; };\n");
	write_file("d/two", "\n\nlimits = { line = 4294968296; };");
	refuse("discover = 0;\n@include \"d/one\"\nqueues = 1;\n",
	       "c:1: discover is 0, allowed is true or false\n"
	       "d/one:2: guard is 1, allowed is true or false\n"
	       "d/two:3: limits.line is 4294968296, allowed is a number from 512 to 65536\n"
	       "d/one:4: log.level is 1, allowed is \"error\", \"warning\", \"notice\", \"info\" or "
	       "\"debug\"\n"
	       "c:3: queues is 1, allowed is a group: queues = { KEY = VALUE; };\n");
	write_file("d/two", "guard = true;\n= 5\n");
	refuse("@include \"d/two\"\n", "d/two:2: syntax error at or before: = 5\n");
	write_file("d/two", "guard = \"\n");
	refuse("@include \"d/two\"\n", "d/two:1: this text has no closing \" on its line\n");
	write_file("d/two", "{ name = \"a\"; virtual = \"192.0.2.1:21\"; }");
	refuse("services = (\n@include \"d/two\"\n, { name = \"a\"; virtual = \"192.0.2.2:21\"; } );",
	       "c:3: the name \"a\" is taken by d/two:1\n");
	write_file("d/two", "\n (");
	refuse("services = \n@include \"d/two\"\n }\n", "c:3: } does not close the ( of d/two:2\n");
}
END_TEST

START_TEST(an_include_that_cannot_be_read_is_refused)
{
	write_file("nul", "x");
	write_bytes("nul", "\n\0", 2);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	refuse("\n@include \"absent\"\n@include \"/\"\n@include \"fifo\"\n@include \"nul\"\n",
	       "c:2: cannot include absent: No such file or directory\n"
	       "c:3: cannot include /: is a directory, not a file\n"
	       "c:4: cannot include fifo: is a FIFO, not a file\n"
	       "nul:2: a NUL byte: this is no text file\n");
}
END_TEST

START_TEST(an_absent_include_is_an_error_even_if_the_file_need_not_exist)
{
	write_file("c", "@include \"absent\"\n");
	ck_assert_int_eq(config_load("c", false, &config, &errors), -EINVAL);
	ck_assert_str_eq(errors.text[0], "c:1: cannot include absent: No such file or directory");
}
END_TEST

START_TEST(includes_without_end_are_refused)
{
	char text[64 * 20] = "";
	char name[] = "n10";

	write_file("n10", "guard = true;");
	for (int i = 9; i > 0; i--) {
		snprintf(text, sizeof(text), "@include \"%s\"\n", name);
		snprintf(name, sizeof(name), "n%d", i);
		write_file(name, text);
	}
	load_good("@include \"n1\"\n");
	ck_assert(config.guard);
	write_file("n0", "@include \"n1\"\n");
	refuse("@include \"n0\"\n",
	       "n9:1: files include each other more than 10 deep: does one include itself?\n");
	refuse("\n@include \"c\"\n",
	       "c:2: files include each other more than 10 deep: does one include itself?\n");
	text[0] = '\0';
	write_file("e", "");
	for (int i = 0; i < 63; i++)
		strcat(text, "@include \"e\"\n");
	load_good(text);
	strcat(text, "@include \"e\"\n");
	refuse(text, "c:64: more than 63 files are included\n");
}
END_TEST

START_TEST(a_malformed_include_is_refused)
{
	refuse("@include e\n@includ \"e\"\nguard = true; @include \"e\"\n@include \"e\n@\n",
	       "c:1: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:2: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:3: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:4: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:5: @ begins a line @include \"FILE\" and nothing else\n");
}
END_TEST

START_TEST(a_long_path_keeps_the_message_readable)
{
	char path[PATH_MAX] = "";

	for (int i = 0; i < 6; i++) {
		strcat(path, i > 0 ? "/" : "");
		memset(path + strlen(path), 'd', 100);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	strcat(path, "/conf");
	write_file(path, "guard = 5;\n");
	ck_assert_int_eq(config_load(path, true, &config, &errors), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors.text[0], "ddd/conf:1: guard is 5, allowed is true or false"));
	ck_assert_uint_lt(strlen(errors.text[0]), 300);
}
END_TEST

/* A good file with a few bytes changed is read or refused with a reason, and nothing else. */
START_TEST(damaged_files_are_read_or_refused_with_a_reason)
{
	static const char good[] =
		"services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; passive_ports = \"2000-3000\"; },\n"
		"  { name = \"b\"; virtual = \"[2001:db8::1]:21\"; tls = \"deny\"; } ); # x\n"
		"@include \"i\"\nlimits = { line = 0x400; idle = 100L; }; /* y */ guard = true;\n";
	static const char alphabet[] = "\"(){}[];,=:@#/*\\\n\t x0L-.+\xff";
	unsigned int seed = 1;
	char text[sizeof(good)];

	write_file("i", "queues = { count = 2; };\n");
	for (int round = 0; round < 4000; round++) {
		memcpy(text, good, sizeof(good));
		for (int i = 0; i <= round % 4; i++)
			text[(size_t)rand_r(&seed) % (sizeof(good) - 1)] =
				alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		write_file("c", text);
		if (config_load("c", true, &config, &errors) == 0) {
			ck_assert_uint_eq(errors.count, 0);
			ck_assert_uint_ge(config.limits.line, 512);
			config_free(&config);
		} else {
			ck_assert_msg(errors.count > 0, "refused without a reason:\n%s", text);
			ck_assert_msg(strncmp(errors.text[0], "c:", 2) == 0 ||
				      strncmp(errors.text[0], "i:", 2) == 0, "%s", errors.text[0]);
		}
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("text");

	tcase_add_test(t, every_error_is_told_up_to_the_limit);
	tcase_add_test(t, a_value_without_quotes_is_explained);
	tcase_add_test(t, a_syntax_error_shows_its_line);
	tcase_add_test(t, a_trailing_comma_is_named);
	tcase_add_test(t, brackets_that_do_not_match_are_named);
	tcase_add_test(t, what_is_never_closed_is_named_where_it_begins);
	tcase_add_test(t, lines_are_counted_through_comments_and_texts);
	tcase_add_test(t, bytes_that_belong_in_no_text_are_refused);
	tcase_add_test(t, deep_nesting_is_refused_not_followed);
	tcase_add_test(t, what_is_not_a_file_is_refused_and_never_waited_for);
	tcase_add_test(t, an_unreadable_file_is_an_error_even_if_it_need_not_exist);
	tcase_add_test(t, a_huge_file_is_refused);
	tcase_add_test(t, includes_are_relative_to_the_file_that_names_them);
	tcase_add_test(t, errors_name_the_included_file_and_the_lines_around_it_stay_right);
	tcase_add_test(t, an_include_that_cannot_be_read_is_refused);
	tcase_add_test(t, an_absent_include_is_an_error_even_if_the_file_need_not_exist);
	tcase_add_test(t, includes_without_end_are_refused);
	tcase_add_test(t, a_malformed_include_is_refused);
	tcase_add_test(t, a_long_path_keeps_the_message_readable);
	tcase_add_test(t, damaged_files_are_read_or_refused_with_a_reason);
	return run_config_suite("config text", t);
}
