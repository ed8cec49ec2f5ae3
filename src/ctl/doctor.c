/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/doctor.h"

#include "config/config.h"
#include "core/text.h"
#include "ctl/ask.h"
#include "ctl/monitor.h"
#include "ctl/probe.h"
#include "doctor/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

static int add(json_t *findings, const char *severity, const char *id, const char *what,
	       const char *why, const char *mend)
{
	return json_array_insert_new(findings, 0,
				     json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "severity", severity,
					       "what", what, "why", why, "mend", mend));
}

static int add_reach(json_t *findings, const struct reach_words *words)
{
	switch (words->reach) {
	case REACH_ABSENT:
		return add(findings, "trouble", "not_running", words->what,
			   "replies pass unchanged, and passive transfers fail", words->mend);
	case REACH_DENIED:
		return add(findings, "unknown", "not_allowed", words->what,
			   "only ftpalgd can say how its sessions, queues and openings are",
			   words->mend);
	default:
		return add(findings, "unknown", "unreachable", words->what,
			   "it may serve well, and cannot be asked", words->mend);
	}
}

static int add_bad_config(json_t *findings, const struct config_errors *errors)
{
	char text[CONFIG_ERROR_TEXT_MAX];

	return add(findings, "trouble", "configuration",
		   text_escape(errors->count > 0 ? errors->text[0] : "the configuration cannot be read", text,
			      sizeof(text)),
		   "ftpalgd does not start with it", "ftpalgd --check");
}

/* What can be seen from here. */
static json_t *look(const struct reach_words *reach)
{
	static struct config_errors errors;
	struct config config;
	int error = config_load(SYSCONFDIR "/ftpalgd/ftpalgd.conf", false, &config, &errors);
	json_t *result, *findings;

	if (error < 0)
		config_defaults(&config);
	result = doctor_findings(&config,
				 reach->reach == REACH_ABSENT ? DAEMON_ABSENT : DAEMON_UNKNOWN);
	config_free(&config);
	findings = json_object_get(result, "findings");
	if (result == NULL || (error < 0 && add_bad_config(findings, &errors) < 0) ||
	    add_reach(findings, reach) < 0) {
		json_decref(result);
		return NULL;
	}
	return result;
}

static void print_safe(const char *label, const json_t *finding, const char *key)
{
	char text[TEXT_MAX];

	printf("%s%s\n", label, text_escape(print_string(finding, key), text, sizeof(text)));
}

static void print_findings(const json_t *findings)
{
	const json_t *f;
	size_t i;

	json_array_foreach (findings, i, f) {
		printf("%s: ", print_string(f, "severity"));
		print_safe("", f, "what");
		print_safe("    why:  ", f, "why");
		print_safe("    mend: ", f, "mend");
	}
	if (json_array_size(findings) == 0)
		printf("nothing is wrong\n");
}

static enum monitor status_of(const json_t *findings)
{
	enum monitor status = MONITOR_FINE;
	const json_t *f;
	size_t i;

	json_array_foreach (findings, i, f)
		status = monitor_worse(status, monitor_of(print_string(f, "severity")));
	return status;
}

/* What the daemon sees, or else this process. */
static json_t *examine(const struct options *o)
{
	struct reach_words words;
	json_t *result = NULL;
	int error = ask_quietly(o, o->request, &result);

	if (error == -ENOENT || error == -ECONNREFUSED || error == -EACCES) {
		reach_explain(o->socket, error, &words);
		result = look(&words);
	}
	if (result == NULL)
		fprintf(stderr, "ftpalgctl: %s\n", error < 0 ? strerror(-error) : "memory is short");
	return result;
}

/* What a client sees. */
static json_t *probe(const struct options *o)
{
	const char *password = getenv("FTPALGCTL_PASSWORD");
	struct probe_plan plan = {
		.user = o->user != NULL ? o->user : PROBE_USER,
		.password = password != NULL ? password : PROBE_PASSWORD,
	};
	json_t *findings = json_array();

	if (probe_service_address(o->probe, &plan.service) < 0) {
		fprintf(stderr, "ftpalgctl: %s is not the address of a service\n", o->probe);
		json_decref(findings);
		return NULL;
	}
	if (findings != NULL && probe_service(&plan, findings) < 0) {
		fprintf(stderr, "ftpalgctl: memory is short\n");
		json_decref(findings);
		return NULL;
	}
	return json_pack("{s:o}", "findings", findings);
}

int doctor(const struct options *o)
{
	json_t *result = o->probe != NULL ? probe(o) : examine(o);
	enum monitor status;

	if (result == NULL)
		return MONITOR_UNKNOWN;
	status = status_of(json_object_get(result, "findings"));
	if (o->json)
		ask_print_json(json_incref(result));
	else
		print_findings(json_object_get(result, "findings"));
	json_decref(result);
	return (int)status;
}
