/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in memory under names that stay the same, for code that opens what it reads by name.
 */
#ifndef FTPALGD_TESTS_MEMORY_FILE_H
#define FTPALGD_TESTS_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The first and the second file; each can name the other as "200", "201": both are in one folder. */
#define MEMORY_FILE_0 "/proc/self/fd/200"
#define MEMORY_FILE_1 "/proc/self/fd/201"

/* Makes file 0 or 1 anew with that content. */
void memory_file_write(unsigned int number, const void *data, size_t size);

#endif
