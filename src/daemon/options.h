/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of ftpalgd(8).
 */
#ifndef FTPALGD_DAEMON_OPTIONS_H
#define FTPALGD_DAEMON_OPTIONS_H

#include <stdbool.h>

enum task {
	TASK_RUN,
	TASK_CHECK,
	TASK_PRINT_RULESET,
	TASK_VERSION,
	TASK_HELP,
};

struct options {
	enum task task;
	const char *config; /* borrowed from argv, or the default */
	bool config_named;
	bool verbose;
};

/* Returns 0, or -EINVAL after saying on stderr what is wrong. */
int daemon_options_parse(int argc, char **argv, struct options *out) __attribute__((warn_unused_result));

void daemon_options_help(void);

#endif
