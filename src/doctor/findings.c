/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/findings.h"

void doctor_add_finding(const struct doctor_finding *f, void *findings)
{
	/* With too little memory for a finding there is none for the whole reply either. */
	if (json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", f->id,
						      "severity", doctor_severity_name(f->severity),
						      "what", f->what, "why", f->why, "mend", f->mend)) < 0)
		return;
}

json_t *doctor_findings(const struct config *config, enum doctor_daemon daemon)
{
	json_t *findings = json_array();
	const struct doctor doctor = { config, daemon, doctor_add_finding, findings };

	if (findings != NULL)
		doctor_run(&doctor);
	return json_pack("{s:o, s:o}", "running",
			 daemon == DAEMON_UNKNOWN ? json_null() : json_boolean(daemon == DAEMON_RUNS),
			 "findings", findings);
}
