/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong between services, each of which is right by itself.
 */
#ifndef FTPALGD_CONFIG_SERVICES_H
#define FTPALGD_CONFIG_SERVICES_H

#include "config/check.h"

/*
 * Names and addresses are used once; passive ports of services on one address are apart, and
 * hold no port of a service there. Says each fault in *errors at the line further down.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int config_services_check(const struct config *config, const struct service_lines *lines,
			  const struct config_text *text, struct config_errors *errors)
	__attribute__((warn_unused_result));

#endif
