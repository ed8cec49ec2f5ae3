/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics as a file: when it is written, what is in it, and what an unwritable place does.
 */
#include "control_fake.h"
#include "control/textfile.h"
#include "control/view.h"
#include "../support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 5000 };

static char directory[] = "/tmp/ftpalgd-textfile.XXXXXX";
static struct fake *fake;
static struct control_subject subject;
static struct textfile textfile;
static struct log *logger;
static size_t complaints;

static int count(void *context, const struct log_record *record)
{
	(void)context;
	ck_assert_int_eq(record->level, LOG_LEVEL_WARNING);
	complaints++;
	return 0;
}

static void begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, count, NULL, &logger), 0);
	fake = fake_new();
	subject = fake_subject(fake);
	textfile = (struct textfile){ .subject = &subject, .log = logger };
	snprintf(fake->config.metrics.textfile, CONFIG_TEXTFILE_MAX, "%s/f.prom", directory);
}

static void end(void)
{
	unlink(fake->config.metrics.textfile);
	rmdir(directory);
	log_close(logger);
	fake_free(fake);
}

static bool is_there(void)
{
	return access(fake->config.metrics.textfile, F_OK) == 0;
}

START_TEST(none_is_written_unless_the_configuration_names_it)
{
	fake->config.metrics.textfile[0] = '\0';
	textfile_update(&textfile, NOW);
	textfile_remove(&textfile);
	ck_assert_uint_eq(complaints, 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(it_holds_the_metrics_for_everybody_to_read)
{
	char *metrics = NULL, read[65536];
	size_t size = 0;
	FILE *file = open_memstream(&metrics, &size);
	struct stat st;

	view_write_metrics(&subject, file);
	fclose(file);
	umask(0077);
	textfile_update(&textfile, NOW);
	ck_assert_int_eq(stat(fake->config.metrics.textfile, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	file = fopen(fake->config.metrics.textfile, "r");
	ck_assert_uint_eq(fread(read, 1, sizeof(read), file), size);
	ck_assert_mem_eq(read, metrics, size);
	fclose(file);
	free(metrics);
	textfile_remove(&textfile);
	ck_assert_int_eq(rmdir(directory), 0); /* nothing else was left in it */
}
END_TEST

START_TEST(it_is_replaced_once_it_is_due)
{
	fake->config.metrics.interval = 15;
	textfile_update(&textfile, NOW);
	ck_assert_int_eq(unlink(fake->config.metrics.textfile), 0);
	textfile_update(&textfile, NOW + 14999);
	ck_assert(!is_there());
	textfile_update(&textfile, NOW + 15000);
	ck_assert(is_there());
}
END_TEST

/* Whoever has it open goes on reading the same text. */
START_TEST(it_is_replaced_as_a_whole)
{
	char before[64], after[64];
	FILE *file;

	textfile_update(&textfile, NOW);
	file = fopen(fake->config.metrics.textfile, "r");
	ck_assert_ptr_nonnull(fgets(before, sizeof(before), file));
	counter_add(&fake->counters[0].packets, 1);
	textfile_update(&textfile, 2 * NOW + 15000);
	rewind(file);
	ck_assert_ptr_nonnull(fgets(after, sizeof(after), file));
	ck_assert_str_eq(before, after);
	fseek(file, 0, SEEK_END);
	ck_assert_int_gt(ftell(file), 1000);
	fclose(file);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_told_once)
{
	snprintf(fake->config.metrics.textfile, CONFIG_TEXTFILE_MAX, "%s/absent/f.prom", directory);
	for (uint64_t i = 0; i < 20; i++)
		textfile_update(&textfile, NOW + i * 15000);
	ck_assert_uint_eq(complaints, 1);
	textfile_update(&textfile, NOW + TEXTFILE_COMPLAIN_SECONDS * 1000);
	ck_assert_uint_eq(complaints, 2);
	textfile_remove(&textfile); /* what is not there needs no removal */
	ck_assert_uint_eq(complaints, 2);
}
END_TEST

START_TEST(a_link_in_its_way_is_not_followed)
{
	char link[CONFIG_TEXTFILE_MAX + 8], target[CONFIG_TEXTFILE_MAX + 8];

	snprintf(link, sizeof(link), "%s.new", fake->config.metrics.textfile);
	snprintf(target, sizeof(target), "%s/target", directory);
	ck_assert_int_eq(symlink(target, link), 0);
	textfile_update(&textfile, NOW);
	ck_assert_int_lt(access(target, F_OK), 0);
	ck_assert_uint_eq(complaints, 1);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control_textfile");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, none_is_written_unless_the_configuration_names_it);
	tcase_add_test(t, it_holds_the_metrics_for_everybody_to_read);
	tcase_add_test(t, it_is_replaced_once_it_is_due);
	tcase_add_test(t, it_is_replaced_as_a_whole);
	tcase_add_test(t, a_place_that_cannot_be_written_is_told_once);
	tcase_add_test(t, a_link_in_its_way_is_not_followed);
	return run_suite("control_textfile", t);
}
