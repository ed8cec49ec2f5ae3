/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/ruleset.h"
#include "kernel/ruleset_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_MAX = 128 };

static void check_state(const struct doctor *d, enum ruleset_state state)
{
	if (state == RULESET_EFFECTIVE || d->daemon != DAEMON_RUNS)
		return;
	doctor_report(d, DOCTOR_TROUBLE, "ruleset",
		      state == RULESET_ABSENT ? "table inet " RULESET_TABLE " is not there"
					      : "table inet " RULESET_TABLE " is not complete",
		      "control connections are not diverted, no data connection is mended",
		      "systemctl reload ftpalgd", "");
}

/* nft lists helpers by table only. */
static void check_helpers_of(const struct doctor *d, const char *where)
{
	char command[TABLE_MAX + 16], *text = NULL, table[TABLE_MAX];

	snprintf(command, sizeof(command), "ct helpers %s", where);
	if (ruleset_list(command, &text) < 0)
		return;
	if (ruleset_list_find(text, "type \"ftp\"", table, sizeof(table)))
		doctor_report(d, DOCTOR_WARNING, "kernel_helper", "table % has a helper object of the kernel's type \"ftp\"",
			      "a connection has one helper only: where its rules attach that one, ftpalgd's cannot be",
			      "nft list table %   # take its \"ct helper set\" rules away from the virtual services",
			      table);
	free(text);
}

static void check_helpers(const struct doctor *d)
{
	char *text = NULL, *line, *rest;

	if (ruleset_list("tables", &text) < 0)
		return;
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		check_helpers_of(d, line);
	free(text);
}

static void check_flowtables(const struct doctor *d)
{
	char *text = NULL, table[TABLE_MAX];

	if (ruleset_list("flowtables", &text) < 0)
		return;
	if (ruleset_list_find(text, "flowtable ", table, sizeof(table)))
		doctor_report(d, DOCTOR_WARNING, "flowtable", "table % has a flowtable",
			      "packets of a connection that is offloaded are not queued: replies pass unmended",
			      "nft list table %   # offload no control connections of the virtual services",
			      table);
	free(text);
}

void doctor_check_ruleset(const struct doctor *d)
{
	enum ruleset_state state;
	struct ruleset *r = NULL;
	int error = ruleset_open(&r);

	if (error == 0)
		error = ruleset_present(r, &state);
	ruleset_close(r);
	if (error < 0) {
		if (error != -EPERM)
			doctor_report(d, DOCTOR_UNKNOWN, "ruleset", "the ruleset cannot be looked at: %",
				      "nobody knows whether control connections are diverted",
				      "modprobe nf_tables", strerror(-error));
		return;
	}
	check_state(d, state);
	check_helpers(d);
	check_flowtables(d);
}
