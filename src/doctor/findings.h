/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings of doctor as JSON, for the daemon and for ftpalgctl; the keys are described in
 * ftpalgctl(8).
 */
#ifndef FTPALGD_DOCTOR_FINDINGS_H
#define FTPALGD_DOCTOR_FINDINGS_H

#include "doctor/doctor.h"

#include <jansson.h>

/* What doctor finds, in this process. A new value, or NULL when memory is short. */
json_t *doctor_findings(const struct config *config, enum doctor_daemon daemon);

/* A doctor_found whose data is the JSON array to which the finding is appended. */
void doctor_add_finding(const struct doctor_finding *f, void *findings);

#endif
