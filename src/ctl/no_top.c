/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the place of top.c where there is no ncurses (configure --disable-top). */
#include "ctl/top.h"

#include <stdio.h>

int top(const struct options *o)
{
	(void)o;
	fprintf(stderr, "ftpalgctl: top has not been built\n");
	return STATUS_FAILED;
}
