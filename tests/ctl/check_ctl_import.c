/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ipvsadm and keepalived say of services becomes a section that ftpalgd takes.
 */
#include "ctl/import.h"
#include "config/config.h"
#include "../support/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char section[65536];

/* Drafts the section; returns the number of services, all of which ftpalgd must take. */
static size_t draft(const char *text)
{
	static struct config_errors errors;
	char path[] = "/tmp/check_ctl_import.XXXXXX";
	FILE *out = fmemopen(section, sizeof(section), "w");
	struct import import = { 0 };
	struct config config;
	FILE *file;
	size_t count;

	memset(section, 0, sizeof(section));
	ck_assert_int_eq(import_read(text, &import), 0);
	count = import_write(&import, out);
	ck_assert_int_eq(fclose(out), 0);
	import_free(&import);
	file = fdopen(mkstemp(path), "w");
	ck_assert_int_ge(fputs(section, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(config_load(path, true, &config, &errors) == 0, "%s: %s", section, errors.text[0]);
	unlink(path);
	ck_assert_uint_eq(config.service_count, count);
	config_free(&config);
	return count;
}

static void holds(const char *text)
{
	ck_assert_msg(strstr(section, text) != NULL, "\"%s\" is not in:\n%s", text, section);
}

START_TEST(ipvsadm_services_behind_nat_are_taken)
{
	ck_assert_uint_eq(draft("-A -t 192.0.2.10:21 -s rr -p 300\n"
				"-a -t 192.0.2.10:21 -r 10.0.0.2:21 -m -w 1\n"
				"-a -t 192.0.2.10:21 -r 10.0.0.3:21 -m -w 1\n"
				"-A -t [2001:db8::10]:2121 -s wlc\n"
				"-a -t [2001:db8::10]:2121 -r [fd00::2]:21 -m -w 1\n"
				"-A -t 192.0.2.10:80 -s rr\n"
				"-a -t 192.0.2.10:80 -r 10.0.0.2:80 -m -w 1"), 2);
	holds("{ name = \"ftp1\"; virtual = \"192.0.2.10:21\"; },\n");
	holds("{ name = \"ftp2\"; virtual = \"[2001:db8::10]:2121\"; }\n");
}
END_TEST

START_TEST(ipvsadm_services_that_cannot_be_served_are_left_out_with_a_reason)
{
	ck_assert_uint_eq(draft("-A -t 192.0.2.10:21 -s rr\n"
				"-a -t 192.0.2.10:21 -r 10.0.0.2:21 -g -w 1\n"
				"-A -u 192.0.2.11:21 -s rr\n"
				"-a -u 192.0.2.11:21 -r 10.0.0.2:21 -m\n"
				"-A -f 7 -s rr\n"
				"-a -f 7 -r 10.0.0.2:0 -m\n"
				"-A -t nonsense -s rr\n"
				"-A -t\n"
				"-x\n"), 0);
	holds("# 192.0.2.10:21 is left out: no real server is reached by NAT");
	holds("# 192.0.2.11:21 is left out: it is not TCP");
	holds("# 1 services by firewall mark");
	holds("# 3 lines were not understood");
	holds("# no FTP service");
}
END_TEST

START_TEST(a_service_with_some_servers_behind_nat_is_taken_with_a_remark)
{
	ck_assert_uint_eq(draft("-A -t 192.0.2.10:21 -s rr\n-a -t 192.0.2.10:21 -r 10.0.0.2:21 -g\n"
				"-a -t 192.0.2.10:21 -r 10.0.0.3:21 -m\n"), 1);
	holds("1 of its real servers are not reached by NAT");
}
END_TEST

static const char keepalived[] =
	"! Configuration File\n"
	"global_defs { router_id x # a comment }\n}\n"
	"vrrp_instance VI_1 {\n  virtual_ipaddress {\n    192.0.2.10\n  }\n}\n"
	"virtual_server 192.0.2.10 21 {\n"
	"    delay_loop 6\n"
	"    lb_algo rr\n"
	"    lb_kind NAT\n"
	"    protocol TCP\n"
	"    real_server 10.0.0.2 21 {\n"
	"        weight 1\n"
	"        TCP_CHECK {\n            connect_timeout 3\n            lvs_method DR\n        }\n"
	"    }\n"
	"    real_server 10.0.0.3 21\n    {\n        lvs_method DR\n    }\n"
	"}\n"
	"virtual_server 2001:db8::10 2121\n{\n  real_server fd00::2 21 { weight 1 }\n}\n"
	"virtual_server 192.0.2.12 21 { lvs_method DR\n real_server 10.0.0.2 21 { } }\n"
	"virtual_server 192.0.2.13 80 { real_server 10.0.0.2 80 { } }\n"
	"virtual_server fwmark 3 { real_server 10.0.0.2 21 { } }\n"
	"virtual_server_group many {\n  192.0.2.20-22 21\n  192.0.2.30 2121 # one more\n  fwmark 9\n}\n"
	"virtual_server group many { lb_kind NAT\n real_server 10.0.0.2 21 { } }\n"
	"virtual_server group gone { real_server 10.0.0.2 21 { } }\n"
	"include other.conf\n";

START_TEST(keepalived_services_behind_nat_are_taken)
{
	ck_assert_uint_eq(draft(keepalived), 6);
	holds("virtual = \"192.0.2.10:21\"");
	holds("virtual = \"[2001:db8::10]:2121\"");
	holds("virtual = \"192.0.2.20:21\"");
	holds("virtual = \"192.0.2.21:21\"");
	holds("virtual = \"192.0.2.22:21\"");
	holds("virtual = \"192.0.2.30:2121\"");
	holds("# 192.0.2.10:21: 1 of its real servers are not reached by NAT");
	holds("# 192.0.2.12:21 is left out: no real server is reached by NAT");
	holds("# 2 services by firewall mark");
	holds("# 1 included files were not read");
	holds("# 1 lines were not understood");
}
END_TEST

/* Whatever is cut off, the rest is read without harm. */
START_TEST(a_truncated_file_is_read_as_far_as_it_goes)
{
	char text[sizeof(keepalived)];

	for (size_t size = 0; size < sizeof(keepalived); size++) {
		struct import import = { 0 };

		memcpy(text, keepalived, size);
		text[size] = '\0';
		ck_assert_int_eq(import_keepalived(text, &import), 0);
		ck_assert_int_eq(import_ipvsadm(text, &import), 0);
		import_free(&import);
	}
}
END_TEST

static const char *const odd[] = {
	"", "\n", "{", "}", "}}}}", "{{{{", "\"", "virtual_server", "virtual_server {",
	"virtual_server 192.0.2.10 99999 {", "virtual_server 192.0.2.10 -1 { real_server 1 21 { } }",
	"virtual_server group", "virtual_server_group a { 192.0.2.1-0 21\n 192.0.2.250-999 21 }\n virtual_server group a { }",
	"a b c d e f g h i j k l m n {", "-A", "-a -t", "- - - -",
};

START_TEST(odd_input_drafts_nothing)
{
	ck_assert_uint_eq(draft(odd[_i]), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ctl_import");

	tcase_add_test(t, ipvsadm_services_behind_nat_are_taken);
	tcase_add_test(t, ipvsadm_services_that_cannot_be_served_are_left_out_with_a_reason);
	tcase_add_test(t, a_service_with_some_servers_behind_nat_is_taken_with_a_remark);
	tcase_add_test(t, keepalived_services_behind_nat_are_taken);
	tcase_add_test(t, a_truncated_file_is_read_as_far_as_it_goes);
	tcase_add_loop_test(t, odd_input_drafts_nothing, 0, (int)(sizeof(odd) / sizeof(odd[0])));
	return run_suite("ctl_import", t);
}
