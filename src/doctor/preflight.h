/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for what stands in the way before anything is changed, and tells what to do about it.
 */
#ifndef FTPALGD_DOCTOR_PREFLIGHT_H
#define FTPALGD_DOCTOR_PREFLIGHT_H

#include "config/config.h"
#include "log/log.h"

/* Returns 0, or -EPERM or -ENOTSUP when the gateway could not work; the log says why. */
int preflight(const struct config *config, struct log *log) __attribute__((warn_unused_result));

#endif
