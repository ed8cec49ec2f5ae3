/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the daemon what the command line says, page by page, and prints what comes back.
 */
#ifndef FTPALGD_CTL_ASK_H
#define FTPALGD_CTL_ASK_H

#include "ctl/options.h"

/* Returns an exit status; what went wrong was said on stderr. */
int ask(const struct options *o);

/*
 * Asks for something else and gives the whole result, all pages of the list of that name (or NULL)
 * in one. request is freed. Returns an exit status; *result is set with STATUS_FINE only.
 */
int ask_result(const struct options *o, json_t *request, const char *pages, json_t **result);

/*
 * Asks for request, says nothing, and gives the first page. 0, or -errno where
 * there was no connection or no good reply; -EREMOTEIO: the daemon refuses.
 */
int ask_quietly(const struct options *o, json_t *request, json_t **result)
	__attribute__((warn_unused_result));

/* Prints value, which is freed; NULL stands for short memory. */
void ask_print_json(json_t *value);

#endif
