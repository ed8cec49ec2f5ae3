/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl explain: all that is known of one client. Its sessions, and what has happened to them.
 */
#ifndef FTPALGD_CTL_EXPLAIN_H
#define FTPALGD_CTL_EXPLAIN_H

#include "ctl/options.h"

local_command explain;

#endif
