/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl doctor: asks the daemon to look, which has the privileges; where there is none, looks.
 * With --probe it uses a service instead, as a client does (probe.h).
 */
#ifndef FTPALGD_CTL_DOCTOR_H
#define FTPALGD_CTL_DOCTOR_H

#include "ctl/options.h"

/* Returns one of ctl/monitor.h, by the worst finding. */
local_command doctor;

#endif
