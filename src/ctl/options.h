/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of ftpalgctl(8): what to ask, and how to print what comes back.
 */
#ifndef FTPALGD_CTL_OPTIONS_H
#define FTPALGD_CTL_OPTIONS_H

#include "ctl/print.h"

#include <jansson.h>

struct options;

/* Carried out here, not by the daemon alone. Returns an exit status. */
typedef int local_command(const struct options *o);

struct ctl_command {
	const char *name;
	const char *arguments; /* for the help */
	const char *summary;
	const char *positional; /* the request's key for the one argument, or NULL */
	bool optional;          /* that argument may be missing, and is not the request's */
	bool filters;           /* --client, --service, --server */
	bool many;              /* as many as a page may hold are wanted */
	const char *pages;      /* the key of the list that comes in pages, or NULL */
	bool streams;           /* goes on until interrupted */
	bool monitors;          /* its exit status is one of ctl/monitor.h */
	printer *print;
	local_command *local;
};

struct options {
	const char *socket; /* borrowed from argv, or where the configuration says */
	bool json;
	bool help;
	bool version;
	const struct ctl_command *command;
	const char *probe;    /* doctor: the service to use as a client does, or NULL */
	const char *user;     /* for that */
	const char *argument; /* the positional one, or NULL */
	json_t *request;
};

/* Of the commands that do not monitor. */
enum {
	STATUS_FINE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

/*
 * Returns 0, or -EINVAL after saying on stderr what is wrong; out->command is then the one that was
 * named, or NULL. ctl_options_free takes what it holds.
 */
int ctl_options_parse(int argc, char **argv, struct options *out) __attribute__((warn_unused_result));
void ctl_options_free(struct options *o);

void ctl_options_help(void);

#endif
