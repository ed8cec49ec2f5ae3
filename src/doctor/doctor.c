/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include <assert.h>
#include <stdio.h>

static const char *const severity_names[] = {
	[DOCTOR_TROUBLE] = "trouble",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_UNKNOWN] = "unknown",
};

static_assert(sizeof(severity_names) / sizeof(severity_names[0]) == DOCTOR_SEVERITIES,
	      "every severity has its name");

const char *doctor_severity_name(enum doctor_severity severity)
{
	return severity_names[severity];
}

/* Copies text with every % replaced by the argument. */
static void fill_in(char out[static DOCTOR_TEXT_MAX], const char *text, const char *argument)
{
	size_t used = 0;

	for (; *text != '\0' && used + 1 < DOCTOR_TEXT_MAX; text++) {
		if (*text == '%')
			used += (size_t)snprintf(out + used, DOCTOR_TEXT_MAX - used, "%s", argument);
		else
			out[used++] = *text;
	}
	out[used < DOCTOR_TEXT_MAX ? used : DOCTOR_TEXT_MAX - 1] = '\0';
}

void doctor_report(const struct doctor *d, enum doctor_severity severity, const char *id,
		   const char *what, const char *why, const char *mend, const char *argument)
{
	struct doctor_finding f = { .severity = severity, .id = id };

	fill_in(f.what, what, argument);
	fill_in(f.why, why, argument);
	fill_in(f.mend, mend, argument);
	d->found(&f, d->data);
}

void doctor_run(const struct doctor *d)
{
	doctor_check_machine(d);
	doctor_check_ipvs(d);
	doctor_check_ranges(d);
	doctor_check_ruleset(d);
	doctor_check_order(d);
	doctor_check_queues(d);
}
