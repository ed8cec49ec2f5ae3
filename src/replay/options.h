/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of ftpalg-replay(1).
 */
#ifndef FTPALGD_REPLAY_OPTIONS_H
#define FTPALGD_REPLAY_OPTIONS_H

#include "core/policy.h"
#include "replay/roles.h"

enum replay_task {
	REPLAY_RUN,
	REPLAY_HELP,
	REPLAY_VERSION,
};

struct replay_options {
	enum replay_task task;
	const char *in;
	const char *out;        /* NULL: nothing is written */
	bool json;
	bool live;
	struct service service; /* how all services behave */
	struct port_range server_ports; /* of all real servers; first 0: none */
	struct roles roles;
};

void replay_options_help(void);

/* Returns 0, or -EINVAL after saying on stderr what is wrong. */
int replay_options_parse(int argc, char **argv, struct replay_options *out)
	__attribute__((warn_unused_result));

#endif
