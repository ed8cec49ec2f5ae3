/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the daemon what the command line says, page by page, and prints what comes back.
 */
#ifndef FTPALGD_CTL_ASK_H
#define FTPALGD_CTL_ASK_H

#include "ctl/options.h"

/* Returns an exit status; what went wrong was said on stderr. */
int ask(const struct options *o);

#endif
