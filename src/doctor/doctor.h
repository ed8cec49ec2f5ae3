/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong on this machine, as far as it concerns the gateway: for each finding what it is,
 * why it matters, and the command that mends it.
 *
 * Looks only, and changes nothing. Works beside a running daemon, in it, and without one. What
 * cannot be looked at is a finding of its own, DOCTOR_UNKNOWN, or none; never trouble.
 */
#ifndef FTPALGD_DOCTOR_DOCTOR_H
#define FTPALGD_DOCTOR_DOCTOR_H

#include "config/config.h"

#define DOCTOR_TEXT_MAX 256

enum doctor_severity {
	DOCTOR_TROUBLE, /* data connections fail */
	DOCTOR_WARNING, /* some may, or will one day */
	DOCTOR_UNKNOWN, /* could not be looked at */
	DOCTOR_SEVERITIES,
};

struct doctor_finding {
	enum doctor_severity severity;
	const char *id; /* a stable word */
	char what[DOCTOR_TEXT_MAX];
	char why[DOCTOR_TEXT_MAX];
	char mend[DOCTOR_TEXT_MAX];
};

typedef void doctor_found(const struct doctor_finding *f, void *data);

/* Whether ftpalgd is at work here. */
enum doctor_daemon { DAEMON_ABSENT, DAEMON_RUNS, DAEMON_UNKNOWN };

struct doctor {
	const struct config *config;
	enum doctor_daemon daemon;
	doctor_found *found;
	void *data;
};

/* The process id of a running ftpalgd of this network namespace, as far as one may see it, or 0. */
long doctor_find_daemon(void);

/* All checks, in the order in which one would mend. */
void doctor_run(const struct doctor *d);

/* "trouble", "warning", "unknown" */
const char *doctor_severity_name(enum doctor_severity severity);

/* Reports one finding; every % in the texts stands for the argument. */
void doctor_report(const struct doctor *d, enum doctor_severity severity, const char *id,
		   const char *what, const char *why, const char *mend, const char *argument);

/* Threads of IPVS that are not where each other, or keepalived.conf, has them; shared with status. */
struct ipvs_threads;
void doctor_check_threads(const struct doctor *d, const struct ipvs_threads *threads);

/* The checks, one file each. */
void doctor_check_machine(const struct doctor *d); /* kernel, modules, sysctls */
void doctor_check_queues(const struct doctor *d);
void doctor_check_ruleset(const struct doctor *d);
void doctor_check_order(const struct doctor *d); /* beside others' chains */
void doctor_check_ipvs(const struct doctor *d);
void doctor_check_ranges(const struct doctor *d); /* ports of real servers */

#endif
