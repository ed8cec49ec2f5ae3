/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the text of the configuration into values: libconfig parses, the table of options says
 * what each key may be.
 */
#ifndef FTPALGD_CONFIG_CHECK_H
#define FTPALGD_CONFIG_CHECK_H

#include "config/text.h"

/* Lines of the text, for messages about services that do not go together; 0: not written. */
struct service_lines {
	unsigned int name;
	unsigned int address;
	unsigned int passive_ports;
};

/*
 * out holds the defaults and gets the values. *lines, one for each of out->services, is to be
 * freed by the caller. Says every fault in *errors. Returns 0, -EINVAL or -ENOMEM; what is in
 * out->services and *lines is the caller's to free in any case.
 */
int config_check(const struct config_text *text, struct config *out, struct service_lines **lines,
		 struct config_errors *errors) __attribute__((warn_unused_result));

#endif
