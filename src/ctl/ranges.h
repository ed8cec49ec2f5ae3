/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl ranges: the ports that real servers announce, and the lines of ftpalgd.conf(5) that name
 * their ranges.
 */
#ifndef FTPALGD_CTL_RANGES_H
#define FTPALGD_CTL_RANGES_H

#include "ctl/options.h"

#include <stdio.h>

local_command ranges;

/* Writes what the daemon has answered for people. */
void ranges_write(const json_t *result, FILE *out);

#endif
