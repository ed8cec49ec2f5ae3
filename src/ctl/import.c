/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/import.h"

#include "ctl/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct imported *import_service(struct import *import, const struct endpoint *address, bool tcp)
{
	for (size_t i = 0; i < import->count; i++)
		if (import->services[i].tcp == tcp && endpoint_equal(&import->services[i].address, address))
			return &import->services[i];
	if (import->count == import->room) {
		size_t room = import->room > 0 ? 2 * import->room : 64;
		void *grown = reallocarray(import->services, room, sizeof(*import->services));

		if (grown == NULL)
			return NULL;
		import->services = grown;
		import->room = room;
	}
	import->services[import->count] = (struct imported){ .address = *address, .tcp = tcp };
	return &import->services[import->count++];
}

void import_free(struct import *import)
{
	free(import->services);
	*import = (struct import){ 0 };
}

/* Only ipvsadm's lines begin with a hyphen. */
int import_read(const char *text, struct import *out)
{
	const char *first = text + strspn(text, " \t\r\n");

	return *first == '-' ? import_ipvsadm(text, out) : import_keepalived(text, out);
}

/* ---- the section ---- */

static bool looks_like_ftp(const struct imported *s)
{
	return s->address.port == IMPORT_FTP_PORT || s->ftp_server;
}

/* Why a service that looks like FTP cannot be served, or NULL. */
static const char *obstacle(const struct imported *s)
{
	if (!s->tcp)
		return "it is not TCP";
	if (s->address.port == 0)
		return "it has no port of its own";
	if (s->masquerading == 0)
		return "no real server is reached by NAT";
	return NULL;
}

static size_t count_taken(const struct import *import)
{
	size_t count = 0;

	for (size_t i = 0; i < import->count; i++)
		count += looks_like_ftp(&import->services[i]) && obstacle(&import->services[i]) == NULL;
	return count;
}

static void write_remarks(const struct import *import, FILE *out)
{
	char address[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < import->count; i++) {
		const struct imported *s = &import->services[i];
		const char *why = obstacle(s);

		if (looks_like_ftp(s) && why != NULL)
			fprintf(out, "# %s is left out: %s\n", endpoint_format(&s->address, address), why);
		else if (looks_like_ftp(s) && s->others > 0)
			fprintf(out, "# %s: %u of its real servers are not reached by NAT, their sessions stay unmended\n",
				endpoint_format(&s->address, address), s->others);
	}
	if (import->marks > 0)
		fprintf(out, "# %u services by firewall mark are left out: name their addresses here if they are FTP\n",
			import->marks);
	if (import->includes > 0)
		fprintf(out, "# %u included files were not read: import them one by one\n", import->includes);
	if (import->strange > 0)
		fprintf(out, "# %u lines were not understood\n", import->strange);
}

size_t import_write(const struct import *import, FILE *out)
{
	size_t count = count_taken(import), written = 0;
	char address[ENDPOINT_TEXT_MAX];

	write_remarks(import, out);
	fputs(count > 0 ? "services = (\n" : "# no FTP service with real servers behind NAT was found\n", out);
	for (size_t i = 0; i < import->count; i++) {
		const struct imported *s = &import->services[i];

		if (!looks_like_ftp(s) || obstacle(s) != NULL)
			continue;
		written++;
		fprintf(out, "\t{ name = \"ftp%zu\"; virtual = \"%s\"; }%s\n", written,
			endpoint_format(&s->address, address), written < count ? "," : "");
	}
	if (count > 0)
		fputs(");\n", out);
	return count;
}

/* ---- the command ---- */

static char *read_all(FILE *in)
{
	char *text = malloc(IMPORT_FILE_MAX + 1);
	size_t size = text != NULL ? fread(text, 1, IMPORT_FILE_MAX + 1, in) : 0;

	if (text == NULL || ferror(in) || size > IMPORT_FILE_MAX) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

static char *read_input(const char *path)
{
	FILE *in = path == NULL || strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = NULL;

	if (in != NULL)
		text = read_all(in);
	if (text == NULL)
		fprintf(stderr, "ftpalgctl: cannot read %s: %s\n", path != NULL ? path : "the input",
			in != NULL && !ferror(in) ? "it is too large" : strerror(errno));
	if (in != NULL && in != stdin)
		fclose(in);
	return text;
}

/* The draft as a text, and how many services are in it. */
static size_t write_json(const struct import *import)
{
	char *draft = NULL;
	size_t size = 0, count = 0;
	FILE *out = open_memstream(&draft, &size);
	json_t *result = NULL;

	if (out != NULL) {
		count = import_write(import, out);
		if (fclose(out) == 0)
			result = json_pack("{s:I, s:s%}", "services", (json_int_t)count, "draft", draft, size);
	}
	ask_print_json(result);
	free(draft);
	return result != NULL ? count : 0;
}

int import_run(const struct options *o)
{
	struct import import = { 0 };
	char *text = read_input(o->argument);
	size_t count = 0;
	int error;

	if (text == NULL)
		return STATUS_FAILED;
	error = import_read(text, &import);
	free(text);
	if (error < 0)
		fprintf(stderr, "ftpalgctl: %s\n", strerror(-error));
	else if (o->json)
		count = write_json(&import);
	else
		count = import_write(&import, stdout);
	import_free(&import);
	return error == 0 && count > 0 && fflush(stdout) == 0 ? STATUS_FINE : STATUS_FAILED;
}
