/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/ranges.h"

#include "ctl/ask.h"
#include "ctl/rows.h"

#include <inttypes.h>
#include <string.h>

enum { WIDE = 20000 }; /* more ports than anybody gives a server for passive connections */

/* ---- the table ---- */

static void add_text(struct rows *rows, const json_t *row, const char *key)
{
	const char *text = print_string(row, key);

	rows_add(rows, "%s", *text != '\0' ? text : "-");
}

static void add_number(struct rows *rows, const json_t *row, const char *key)
{
	rows_add(rows, "%" PRIu64, print_number(row, key));
}

static void add_port(struct rows *rows, const json_t *row, const char *key)
{
	if (json_is_integer(json_object_get(row, key)))
		add_number(rows, row, key);
	else
		rows_add(rows, "-");
}

static void write_table(const json_t *servers, FILE *out)
{
	static const char *const names[] = { "SERVICE", "SERVER", "RANGE", "ANNOUNCED", "LOWEST", "HIGHEST",
					     "PORTS", "REFUSED" };
	struct rows rows = { .columns = 8 };
	const json_t *row;
	size_t i;

	for (i = 0; i < rows.columns; i++)
		rows_add(&rows, "%s", names[i]);
	json_array_foreach (servers, i, row) {
		add_text(&rows, row, "service_name");
		add_text(&rows, row, "server");
		add_text(&rows, row, "passive_ports");
		add_number(&rows, row, "announced");
		add_port(&rows, row, "lowest");
		add_port(&rows, row, "highest");
		add_number(&rows, row, "distinct");
		add_number(&rows, row, "refused");
	}
	rows_print(&rows, out);
}

/* ---- the lines to be pasted ---- */

/* The range that a line names: the one that is named already, or else the one that is proposed. */
static const char *range_of(const json_t *row)
{
	const char *named = print_string(row, "passive_ports");

	return *named != '\0' ? named : print_string(row, "proposed");
}

static bool has_range(const json_t *row)
{
	return *range_of(row) != '\0';
}

static bool is_new(const json_t *row)
{
	return *print_string(row, "proposed") != '\0';
}

/* Rows of one service follow each other. */
static size_t end_of_service(const json_t *servers, size_t first)
{
	const char *service = print_string(json_array_get(servers, first), "service");
	size_t end = first + 1;

	while (end < json_array_size(servers) &&
	       strcmp(print_string(json_array_get(servers, end), "service"), service) == 0)
		end++;
	return end;
}

static void write_server(const json_t *row, const char *indent, bool last, FILE *out)
{
	fprintf(out, "%s{ real = \"%s\"; passive_ports = \"%s\"; }%s", indent, print_string(row, "server"),
		range_of(row), last ? "" : ",");
	if (is_new(row))
		fprintf(out, "  # %" PRIu64 " announcements, about %" PRIu64 " ports from %" PRIu64 " to %" PRIu64,
			print_number(row, "announced"), print_number(row, "distinct"),
			print_number(row, "lowest"), print_number(row, "highest"));
	fputc('\n', out);
}

static void write_servers(const json_t *servers, size_t first, size_t end, const char *indent, FILE *out)
{
	size_t last = first;

	for (size_t i = first; i < end; i++)
		if (has_range(json_array_get(servers, i)))
			last = i;
	for (size_t i = first; i < end; i++) {
		const json_t *row = json_array_get(servers, i);

		if (has_range(row))
			write_server(row, indent, i == last, out);
		else if (print_number(row, "announced") == 0)
			fprintf(out, "%s# %s: nothing announced yet\n", indent, print_string(row, "server"));
		else
			fprintf(out, "%s# %s: %" PRIu64 " announcements are too few, or a port of another service lies among them\n",
				indent, print_string(row, "server"), print_number(row, "announced"));
	}
}

/* Whether there is anything to be pasted for it. */
static bool proposes(const json_t *servers, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (is_new(json_array_get(servers, i)))
			return true;
	return false;
}

static void write_listed(const json_t *servers, size_t first, size_t end, FILE *out)
{
	fprintf(out, "\n# in the service \"%s\":\n", print_string(json_array_get(servers, first), "service_name"));
	fputs("servers = (\n", out);
	write_servers(servers, first, end, "\t", out);
	fputs(");\n", out);
}

static bool is_used(const json_t *servers, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach (servers, i, row)
		if (strcmp(print_string(row, "service_name"), name) == 0)
			return true;
	return false;
}

/* The next of ftp1, ftp2, ... that no service has. */
static size_t next_number(const json_t *servers, size_t number)
{
	char name[32];

	do
		snprintf(name, sizeof(name), "ftp%zu", ++number);
	while (is_used(servers, name));
	return number;
}

static void write_discovered(const json_t *servers, size_t first, size_t end, size_t number, FILE *out)
{
	fprintf(out, "\t{\n\t\tname = \"ftp%zu\"; virtual = \"%s\";\n\t\tservers = (\n", number,
		print_string(json_array_get(servers, first), "service"));
	write_servers(servers, first, end, "\t\t\t", out);
	fputs("\t\t);\n\t}", out);
}

static bool is_discovered(const json_t *servers, size_t row)
{
	return print_bool(json_array_get(servers, row), "discovered");
}

/* Both return the number of services for which there is something to be pasted. */

static size_t write_all_listed(const json_t *servers, bool *some_listed, FILE *out)
{
	size_t count = 0;

	for (size_t first = 0, end; first < json_array_size(servers); first = end) {
		end = end_of_service(servers, first);
		*some_listed |= !is_discovered(servers, first);
		if (is_discovered(servers, first) || !proposes(servers, first, end))
			continue;
		write_listed(servers, first, end, out);
		count++;
	}
	return count;
}

/* Where services are listed already these are further members of their list. */
static size_t write_all_discovered(const json_t *servers, bool some_listed, FILE *out)
{
	const char *before = some_listed ? "\n# more members of services:\n" : "\nservices = (\n";
	size_t count = 0, number = 0;

	for (size_t first = 0, end; first < json_array_size(servers); first = end) {
		end = end_of_service(servers, first);
		if (!is_discovered(servers, first) || !proposes(servers, first, end))
			continue;
		number = next_number(servers, number);
		fputs(count++ == 0 ? before : ",\n", out);
		write_discovered(servers, first, end, number, out);
	}
	if (count > 0)
		fputs(some_listed ? "\n" : "\n);\n", out);
	return count;
}

static bool is_wide(const json_t *row)
{
	return is_new(row) && print_number(row, "highest") - print_number(row, "lowest") > WIDE;
}

static void write_remarks(const json_t *servers, FILE *out)
{
	const json_t *row;
	size_t i;

	json_array_foreach (servers, i, row)
		if (is_wide(row))
			fprintf(out, "\n%s announces ports from %" PRIu64 " to %" PRIu64 ": it seems to have no range of its own. "
				"Give it one\n(vsftpd: pasv_min_port, pasv_max_port), and name that.\n",
				print_string(row, "server"), print_number(row, "lowest"),
				print_number(row, "highest"));
}

void ranges_write(const json_t *result, FILE *out)
{
	const json_t *servers = json_object_get(result, "servers");
	bool some_listed = false;
	size_t count;

	write_table(servers, out);
	fputs("\nFor ftpalgd.conf. Compare each range with the configuration of the server itself: other ports are not\n"
	      "opened then. Services that are listed already keep their other keys.\n", out);
	count = write_all_listed(servers, &some_listed, out);
	count += write_all_discovered(servers, some_listed, out);
	if (count == 0)
		fputs("\nThere is nothing to propose: no server without a range has announced enough.\n", out);
	write_remarks(servers, out);
}

int ranges(const struct options *o)
{
	json_t *result = NULL;
	json_t *request = json_pack("{s:s, s:i}", "command", "ranges", "limit", 100);
	int status = ask_result(o, request, "servers", &result);

	if (status != STATUS_FINE)
		return status;
	json_object_del(result, "next");
	if (o->json)
		ask_print_json(json_incref(result));
	else
		ranges_write(result, stdout);
	json_decref(result);
	return fflush(stdout) == 0 ? STATUS_FINE : STATUS_FAILED;
}
