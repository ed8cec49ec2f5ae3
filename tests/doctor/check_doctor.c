/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What doctor reads and how it says it; the checks themselves run in the lab.
 */
#include "doctor/doctor.h"
#include "doctor/keepalived.h"
#include "kernel/queue_list.h"
#include "kernel/ruleset_list.h"
#include "../support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct doctor_finding last;
static size_t findings;

static void keep(const struct doctor_finding *f, void *data)
{
	(void)data;
	last = *f;
	findings++;
}

START_TEST(a_finding_names_what_it_is_about)
{
	const struct doctor d = { .found = keep };

	doctor_report(&d, DOCTOR_WARNING, "queue", "queue % is full", "because of %", "mend % and %", "7");
	ck_assert_str_eq(last.id, "queue");
	ck_assert_str_eq(last.what, "queue 7 is full");
	ck_assert_str_eq(last.why, "because of 7");
	ck_assert_str_eq(last.mend, "mend 7 and 7");
	ck_assert_str_eq(doctor_severity_name(last.severity), "warning");
}
END_TEST

START_TEST(a_long_finding_is_cut)
{
	const struct doctor d = { .found = keep };
	char text[2 * DOCTOR_TEXT_MAX];

	memset(text, '%', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	doctor_report(&d, DOCTOR_TROUBLE, "long", text, "", "%", text);
	ck_assert_uint_eq(strlen(last.what), DOCTOR_TEXT_MAX - 1);
	ck_assert_uint_eq(strlen(last.mend), DOCTOR_TEXT_MAX - 1);
}
END_TEST

static struct ipvs_thread on(const char *interface, uint8_t id)
{
	struct ipvs_thread t = { .id = id };

	snprintf(t.interface, sizeof(t.interface), "%s", interface);
	return t;
}

static size_t findings_of(const struct ipvs_threads *threads)
{
	const struct doctor d = { .found = keep };
	size_t before = findings;

	doctor_check_threads(&d, threads);
	return findings - before;
}

START_TEST(a_backup_thread_that_does_not_hear_the_master_is_trouble)
{
	struct ipvs_threads threads = { true, true, on("inside", 51), on("lo", 0) };

	ck_assert_uint_eq(findings_of(&threads), 1);
	ck_assert_str_eq(last.id, "threads_apart");
	ck_assert_str_eq(last.what,
			 "IPVS' master thread is on inside with id 51, IPVS' backup thread on lo with id 0");
	threads.backup = on("inside", 7);
	ck_assert_uint_eq(findings_of(&threads), 1);
}
END_TEST

START_TEST(a_backup_thread_beside_the_master_is_fine)
{
	struct ipvs_threads threads = { true, true, on("inside", 51), on("inside", 51) };

	ck_assert_uint_eq(findings_of(&threads), 0);
	threads.backup.id = 0; /* hears them all */
	ck_assert_uint_eq(findings_of(&threads), 0);
	threads.has_backup = false;
	ck_assert_uint_eq(findings_of(&threads), 0);
}
END_TEST

/* Returns whether the text names a place; which is then in *t. */
static bool place_in(const char *text, struct ipvs_thread *t)
{
	char path[] = "/tmp/keepalived.XXXXXX";
	int fd = mkstemp(path);
	bool found;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	found = keepalived_sync_place(path, t);
	unlink(path);
	return found;
}

START_TEST(the_place_of_keepalived_s_threads_is_read)
{
	char group[ENDPOINT_TEXT_MAX];
	struct ipvs_thread t;

	ck_assert(place_in("global_defs {\n\tlvs_sync_daemon eth1 VI_1 id 51 # here\n}\n", &t));
	ck_assert_str_eq(t.interface, "eth1");
	ck_assert_uint_eq(t.id, 51);
	ck_assert_str_eq(endpoint_format(&t.group, group), "224.0.0.81:8848");
	ck_assert(place_in("lvs_sync_daemon eth2 VI_1 port 9000 maxlen 1400 group 224.0.0.90\n", &t));
	ck_assert_str_eq(t.interface, "eth2");
	ck_assert_uint_eq(t.id, 0);
	ck_assert_str_eq(endpoint_format(&t.group, group), "224.0.0.90:9000");
	ck_assert(place_in("lvs_sync_daemon eth3", &t));
	ck_assert_str_eq(t.interface, "eth3");
}
END_TEST

START_TEST(what_names_no_place_is_no_place)
{
	struct ipvs_thread t;

	ck_assert(!place_in("", &t));
	ck_assert(!place_in("# lvs_sync_daemon eth1\n! lvs_sync_daemon eth1\n", &t));
	ck_assert(!place_in("lvs_sync_daemon\nlvs_sync_daemon_x eth1\n", &t));
	ck_assert(!place_in("lvs_sync_daemon a-name-that-is-too-long\n", &t));
	ck_assert(!keepalived_sync_place("/nonexistent/keepalived.conf", &t));
}
END_TEST

/* On any machine: every finding has all its words. */
START_TEST(every_finding_says_what_why_and_how)
{
	struct config config;
	struct doctor d = { .config = &config, .found = keep };

	config_defaults(&config);
	for (d.daemon = DAEMON_ABSENT; d.daemon <= DAEMON_UNKNOWN; d.daemon++) {
		doctor_run(&d);
		ck_assert(findings == 0 || (*last.what != '\0' && *last.why != '\0' && *last.mend != '\0'));
	}
}
END_TEST

START_TEST(queues_are_read_from_the_kernels_table)
{
	char text[] = " 2100   4242     3 2 65531     5     6      99  1\n"
		      "nonsense\n"
		      "99999      1     0 2 65531     0     0       0  1\n"
		      " 2101 3000000000 0 2 65531     0     0       0  1\n";
	struct queue_state queues[2] = { 0 };
	FILE *file = fmemopen(text, strlen(text), "r");

	queue_list_read(file, 2100, 1, queues);
	fclose(file);
	ck_assert(queues[0].listed);
	ck_assert_uint_eq(queues[0].port_id, 4242);
	ck_assert_uint_eq(queues[0].waiting, 3);
	ck_assert_uint_eq(queues[0].dropped, 5);
	ck_assert_uint_eq(queues[0].undelivered, 6);
	ck_assert(!queues[1].listed);
}
END_TEST

START_TEST(the_table_of_a_helper_is_found)
{
	static const char text[] = "table inet ftpalgd {\n\tct helper ftpalgd {\n"
				   "\t\ttype \"ftpalgd\" protocol tcp\n\t}\n}\n"
				   "table ip fw {\n\tct helper x {\n\t\ttype \"ftp\" protocol tcp\n\t}\n}\n";
	char table[32], small[4];

	ck_assert(ruleset_list_find(text, "type \"ftp\"", table, sizeof(table)));
	ck_assert_str_eq(table, "ip fw");
	ck_assert(ruleset_list_find(text, "type \"ftp\"", small, sizeof(small)));
	ck_assert_str_eq(small, "ip");
	ck_assert(!ruleset_list_find(text, "flowtable ", table, sizeof(table)));
	ck_assert(!ruleset_list_find("", "x", table, sizeof(table)));
}
END_TEST

static void add_chain(const struct ruleset_chain *c, void *data)
{
	char *said = data;

	sprintf(said + strlen(said), "%s %s: %s %s %d%s\n", c->table, c->name, c->type, c->hook,
		c->priority, c->drops ? " drops" : "");
}

START_TEST(chains_on_a_hook_are_read)
{
	static const char text[] =
		"table inet ftpalgd {\n\tchain control {\n\t}\n"
		"\tchain divert {\n\t\ttype filter hook prerouting priority -150; policy accept;\n\t}\n}\n"
		"table ip fw {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n\t}\n"
		"\tchain dev {\n\t\ttype filter hook ingress device \"eth0\" priority 5; policy accept;\n\t}\n"
		"\tchain odd {\n\t\ttype filter hook input; policy drop;\n\t}\n}\n";
	char said[512] = "";

	ruleset_list_chains(text, add_chain, said);
	ck_assert_str_eq(said, "inet ftpalgd divert: filter prerouting -150\n"
			       "ip fw in: filter input 0 drops\n"
			       "ip fw dev: filter ingress 5\n");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control_doctor");

	tcase_add_test(t, a_finding_names_what_it_is_about);
	tcase_add_test(t, a_long_finding_is_cut);
	tcase_add_test(t, a_backup_thread_that_does_not_hear_the_master_is_trouble);
	tcase_add_test(t, a_backup_thread_beside_the_master_is_fine);
	tcase_add_test(t, the_place_of_keepalived_s_threads_is_read);
	tcase_add_test(t, what_names_no_place_is_no_place);
	tcase_add_test(t, every_finding_says_what_why_and_how);
	tcase_add_test(t, queues_are_read_from_the_kernels_table);
	tcase_add_test(t, the_table_of_a_helper_is_found);
	tcase_add_test(t, chains_on_a_hook_are_read);
	return run_suite("control_doctor", t);
}
