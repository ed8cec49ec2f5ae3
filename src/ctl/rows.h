/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of words, printed in columns. Cells are copied, and escaped for a terminal.
 */
#ifndef FTPALGD_CTL_ROWS_H
#define FTPALGD_CTL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COLUMNS_MAX 10
#define CELL_MAX 128

struct rows {
	size_t columns;
	size_t count;
	size_t room;
	char (*cells)[CELL_MAX]; /* row by row */
	bool failed;             /* memory was short: rows are missing */
};

/* The next cell of the last row; a row is full before the next begins. */
void rows_add(struct rows *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints and frees them. */
void rows_print(struct rows *r, FILE *out);

#endif
