/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl top: health, queues, the busiest services and the latest events on a full screen, drawn
 * anew every second.
 */
#ifndef FTPALGD_CTL_TOP_H
#define FTPALGD_CTL_TOP_H

#include "ctl/options.h"

local_command top;

#endif
