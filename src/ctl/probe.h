/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl doctor --probe: uses a virtual service as a client does, and says where that fails.
 *
 * To be run where a client would be: what the director itself sends does not come in by an
 * interface, and so is not diverted.
 */
#ifndef FTPALGD_CTL_PROBE_H
#define FTPALGD_CTL_PROBE_H

#include "core/endpoint.h"

#include <jansson.h>

#define PROBE_USER "anonymous"
#define PROBE_PASSWORD "probe@"

struct probe_plan {
	struct endpoint service;
	const char *user;
	const char *password;
};

/* An address with a port, or else port 21. Returns 0 or -EINVAL. */
int probe_service_address(const char *text, struct endpoint *e) __attribute__((warn_unused_result));

/*
 * Adds what was found to a list, in the form of doctor's findings. Returns 0 or -ENOMEM.
 */
int probe_service(const struct probe_plan *plan, json_t *findings) __attribute__((warn_unused_result));

#endif
