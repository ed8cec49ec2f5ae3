/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/errors.h"

#include "core/text.h"

#include <stdarg.h>
#include <string.h>

/* Of a longer path only the end is shown: the text after it matters more. */
#define PATH_SHOWN 200

void config_errors_add(struct config_errors *errors, struct config_place place,
		       const char *format, ...)
{
	char raw[CONFIG_ERROR_TEXT_MAX];
	const char *file = place.file;
	size_t length = strlen(file);
	int used;
	va_list arguments;

	if (errors->count++ >= CONFIG_ERRORS_MAX)
		return;
	if (length > PATH_SHOWN)
		file += length - PATH_SHOWN;
	if (place.line > 0)
		used = snprintf(raw, sizeof(raw), "%s:%u: ", file, place.line);
	else
		used = snprintf(raw, sizeof(raw), "%s: ", file);
	va_start(arguments, format);
	vsnprintf(raw + used, sizeof(raw) - (size_t)used, format, arguments);
	va_end(arguments);
	text_escape(raw, errors->text[errors->count - 1], CONFIG_ERROR_TEXT_MAX);
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
	size_t kept = errors->count < CONFIG_ERRORS_MAX ? errors->count : CONFIG_ERRORS_MAX;

	for (size_t i = 0; i < kept; i++)
		fprintf(out, "%s\n", errors->text[i]);
	if (errors->count > kept)
		fprintf(out, "and %zu more\n", errors->count - kept);
}
