/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exit statuses of the commands that monitoring runs, status and doctor, numbered as plugins of Nagios
 * and its kin number them.
 */
#ifndef FTPALGD_CTL_MONITOR_H
#define FTPALGD_CTL_MONITOR_H

#include "ctl/reach.h"

#include <jansson.h>

enum monitor {
	MONITOR_FINE = 0,
	MONITOR_WARNING = 1,
	MONITOR_TROUBLE = 2,
	MONITOR_UNKNOWN = 3,
};

/* Of "fine" or a severity; MONITOR_UNKNOWN for any other word. */
enum monitor monitor_of(const char *word);

/* The worse of two: trouble before a warning before what is not known. */
enum monitor monitor_worse(enum monitor a, enum monitor b);

/* Of a daemon that cannot be asked. */
enum monitor monitor_of_reach(enum reach reach);

#endif
