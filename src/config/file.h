/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one file of the configuration whole, whatever the path turns out to be: a FIFO or a
 * device must not hang the daemon, nor a huge file fill its memory.
 */
#ifndef FTPALGD_CONFIG_FILE_H
#define FTPALGD_CONFIG_FILE_H

#include <stddef.h>

/*
 * Returns 0 and the contents, to be freed by the caller (*text[*length] is a NUL beside them);
 * or -errno and in *why what is wrong, in words that follow "file: ".
 */
int config_file_read(const char *path, size_t limit, char **text, size_t *length, const char **why)
	__attribute__((warn_unused_result));

#endif
