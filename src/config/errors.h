/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collects the lines of struct config_errors.
 */
#ifndef FTPALGD_CONFIG_ERRORS_H
#define FTPALGD_CONFIG_ERRORS_H

#include "config/config.h"

/* A line of a file as the operator knows it. */
struct config_place {
	const char *file;
	unsigned int line; /* from 1; 0: the file as a whole */
};

/* Adds "file:line: text" without control characters; past the limit it only counts. */
void config_errors_add(struct config_errors *errors, struct config_place place,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
