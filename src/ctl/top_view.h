/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What top shows, as lines of text: nothing here knows of a terminal.
 */
#ifndef FTPALGD_CTL_TOP_VIEW_H
#define FTPALGD_CTL_TOP_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TOP_LINE_MAX 256

/* The results of three commands at one moment; NULL where there was none. */
struct top_moment {
	json_t *status;
	json_t *services;
	json_t *recent;
	double time; /* seconds, monotonic */
};

/* Called for each line from the top; heading lines are to stand out. */
typedef void top_line(void *data, const char *text, bool heading);

/*
 * Hands out at most room lines. Rates are what has come since the moment before, whose results may
 * all be NULL.
 */
void top_show(const struct top_moment *now, const struct top_moment *before, size_t room,
	      top_line *line, void *data);

void top_moment_free(struct top_moment *m);

#endif
