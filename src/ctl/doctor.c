/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/doctor.h"

#include "config/config.h"
#include "core/text.h"
#include "ctl/ask.h"
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

static int add_no_daemon(json_t *findings, const char *socket)
{
	char what[TEXT_MAX];

	snprintf(what, sizeof(what), "ftpalgd does not answer at %s", socket);
	return add(findings, "trouble", "not_running", what,
		   "while it does not run, replies pass unmended and passive transfers fail",
		   "systemctl start ftpalgd");
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
static json_t *look(const struct options *o)
{
	static struct config_errors errors;
	struct config config;
	int error = config_load(SYSCONFDIR "/ftpalgd/ftpalgd.conf", false, &config, &errors);
	json_t *result, *findings;

	if (error < 0)
		config_defaults(&config);
	result = doctor_findings(&config, false);
	config_free(&config);
	findings = json_object_get(result, "findings");
	if (result == NULL || (error < 0 && add_bad_config(findings, &errors) < 0) ||
	    add_no_daemon(findings, o->socket) < 0) {
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

static bool is_wrong(const json_t *finding)
{
	return strcmp(print_string(finding, "severity"), "unknown") != 0;
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

static int status_of(const json_t *findings)
{
	const json_t *f;
	size_t i;

	json_array_foreach (findings, i, f)
		if (is_wrong(f))
			return STATUS_FAILED;
	return STATUS_FINE;
}

/* What the daemon sees, or else this process. */
static json_t *examine(const struct options *o)
{
	json_t *result = NULL;
	int status = ask_quietly(o, o->request, &result);

	if (status == -ENOENT || status == -ECONNREFUSED || status == -EACCES)
		result = look(o);
	if (result == NULL)
		fprintf(stderr, "ftpalgctl: %s\n", status < 0 ? strerror(-status) : "memory is short");
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
	int status;

	if (result == NULL)
		return STATUS_FAILED;
	status = status_of(json_object_get(result, "findings"));
	if (o->json)
		ask_print_json(json_incref(result));
	else
		print_findings(json_object_get(result, "findings"));
	json_decref(result);
	return status;
}
