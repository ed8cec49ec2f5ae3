/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration's text as libconfig gets it: one string, includes already in place.
 *
 * libconfig 1.5 would open whatever @include names (a FIFO hangs it), resolves it against the
 * working directory, keeps 32 bits of an integer without a word, swallows the rest of a file
 * after an unclosed comment, drops \x00 from strings, needs a newline after a last comment and
 * calls most mistakes "syntax error". So this pass reads the files itself (a relative path is
 * relative to the file that names it), gives every integer its 64-bit form, finds those mistakes
 * and says them better, and remembers the file and line that each line came from.
 */
#ifndef FTPALGD_CONFIG_TEXT_H
#define FTPALGD_CONFIG_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "config/errors.h"

#define CONFIG_FILES_MAX 64         /* the file and its includes, each time it is included */
#define CONFIG_INCLUDE_DEPTH_MAX 10
#define CONFIG_BRACKETS_MAX 16      /* nesting; four levels mean something */

struct config_source {
	char *name; /* as in messages */
	char *text; /* as in the file */
};

struct config_line {
	uint32_t source;
	uint32_t line;
};

struct config_text {
	char *text;
	size_t length;
	struct config_line *lines; /* lines[0] is line 1 of text */
	size_t line_count;
	struct config_source sources[CONFIG_FILES_MAX];
	size_t source_count;
};

/*
 * Returns 0; -errno when path itself cannot be read; or -EINVAL. Every fault found is in
 * *errors. config_text_free is due in any case.
 */
int config_text_read(const char *path, struct config_text *text, struct config_errors *errors)
	__attribute__((warn_unused_result));
void config_text_free(struct config_text *text);

/* Where line (from 1) of the text came from; valid as long as text is. */
struct config_place config_text_place(const struct config_text *text, unsigned int line);

/* That line as the file has it, without blanks around it; cut to fit out. */
const char *config_text_quote(const struct config_text *text, unsigned int line, char *out,
			      size_t size);

#endif
