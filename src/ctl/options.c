/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/options.h"

#include "config/config.h"
#include "ctl/doctor.h"
#include "ctl/explain.h"
#include "ctl/import.h"
#include "ctl/ranges.h"
#include "ctl/top.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define PAGE_SIZE 1000

enum { OPTION_JSON = 256, OPTION_CLIENT, OPTION_SERVICE, OPTION_SERVER, OPTION_PROBE, OPTION_USER };

static const struct ctl_command commands[] = {
	{ .name = "status", .summary = "version, health, ruleset and queues", .print = print_status,
	  .monitors = true },
	{ .name = "services", .summary = "the virtual services served", .pages = "services",
	  .print = print_services },
	{ .name = "sessions", .arguments = "[--client A] [--service A] [--server A]",
	  .summary = "control connections, and what was made of them", .filters = true,
	  .pages = "sessions", .print = print_sessions },
	{ .name = "openings", .arguments = "[--client A] [--service A] [--server A]",
	  .summary = "data connections that may come now", .filters = true, .pages = "openings",
	  .print = print_openings },
	{ .name = "stats", .summary = "counters, in all and for each service", .pages = "services",
	  .print = print_stats },
	{ .name = "metrics", .summary = "the same for Prometheus", .print = print_metrics },
	{ .name = "recent", .arguments = "[--client A] [--service A] [--server A]",
	  .summary = "the latest events", .filters = true, .many = true, .print = print_recent },
	{ .name = "watch", .arguments = "[--client A] [--service A] [--server A]",
	  .summary = "events as they happen", .filters = true, .streams = true, .print = print_event },
	{ .name = "trace", .arguments = "ADDRESS", .positional = "address", .streams = true,
	  .summary = "control lines of a client or a service, before and after", .print = print_event },
	{ .name = "explain", .arguments = "CLIENT", .positional = "client",
	  .summary = "sessions of a client, and what was refused and why", .local = explain },
	{ .name = "top", .summary = "services and events on a full screen", .local = top },
	{ .name = "doctor", .summary = "what is wrong, why it matters, and what mends it",
	  .local = doctor, .monitors = true },
	{ .name = "ranges", .summary = "ports that real servers announce, and lines that name them",
	  .local = ranges },
	{ .name = "import", .arguments = "[FILE]", .positional = "file", .optional = true,
	  .summary = "draft services from ipvsadm -Sn or a keepalived.conf", .local = import_run },
	{ .name = "reload", .summary = "read the configuration again", .print = print_reload },
	{ .name = "log", .arguments = "LEVEL", .summary = "error, warning, notice, info or debug",
	  .positional = "level", .print = print_log },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "service", required_argument, NULL, OPTION_SERVICE },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "probe", required_argument, NULL, OPTION_PROBE },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Where ftpalgd listens, as its configuration says. */
static const char *default_socket(void)
{
	static char socket[CONFIG_SOCKET_MAX];

	config_find_socket(SYSCONFDIR "/ftpalgd/ftpalgd.conf", socket);
	return socket;
}

void ctl_options_help(void)
{
	printf("Usage: ftpalgctl [-s SOCKET] [--json] COMMAND\n"
	       "\n"
	       "Looks at the running ftpalgd, and tells it a few things.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-9s %-10s  %s\n", commands[i].name,
		       commands[i].filters ? "" : commands[i].arguments != NULL ? commands[i].arguments : "",
		       commands[i].summary);
	printf("\n"
	       "  -s, --socket PATH   instead of %s\n"
	       "      --json          the result as JSON, see ftpalgctl(8)\n"
	       "      --client ADDRESS, --service ADDRESS|NAME, --server ADDRESS\n"
	       "                      sessions of these only; an address may have a port\n"
	       "      --probe ADDRESS, --user NAME\n"
	       "                      doctor: log in there as a client does, and list\n"
	       "  -V, --version       print the version\n"
	       "  -h, --help          print this\n"
	       "\n"
	       "Exit status: 0 fine, 1 failed, 2 wrong usage; of status and doctor, as monitoring\n"
	       "plugins have it: 0 fine, 1 warning, 2 trouble, 3 unknown.\n",
	       default_socket());
}

static const struct ctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int complain(const char *what, const char *which)
{
	fprintf(stderr, "ftpalgctl: %s%s%s\nTry 'ftpalgctl --help'.\n", what, *which != '\0' ? " " : "",
		which);
	return -EINVAL;
}

static int set_text(struct options *o, const char *key, const char *text)
{
	if (json_object_set_new(o->request, key, json_string(text)) < 0)
		return complain("not a text:", key);
	return 0;
}

static const char *filter_key(int option)
{
	switch (option) {
	case OPTION_CLIENT:
		return "client";
	case OPTION_SERVICE:
		return "service";
	case OPTION_SERVER:
		return "server";
	default:
		return NULL;
	}
}

static int take_option(struct options *o, int option, bool *filtered)
{
	const char *key = filter_key(option);

	if (key != NULL) {
		*filtered = true;
		return set_text(o, key, optarg);
	}
	switch (option) {
	case 's':
		o->socket = optarg;
		return 0;
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_PROBE:
		o->probe = optarg;
		return 0;
	case OPTION_USER:
		o->user = optarg;
		return 0;
	case 'V':
		o->version = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	default:
		fprintf(stderr, "Try 'ftpalgctl --help'.\n");
		return -EINVAL;
	}
}

static int take_command(struct options *o, int count, char **words, bool filtered)
{
	if (count == 0)
		return complain("no command", "");
	if (o->command == NULL)
		return complain("no such command:", words[0]);
	if (filtered && !o->command->filters)
		return complain("--client, --service and --server are not for", words[0]);
	if ((o->probe != NULL || o->user != NULL) && strcmp(words[0], "doctor") != 0)
		return complain("--probe and --user are not for", words[0]);
	if (o->command->positional != NULL && !o->command->optional && count < 2)
		return complain("missing argument of", words[0]);
	if (count > (o->command->positional != NULL ? 2 : 1))
		return complain("unexpected argument", words[count - 1]);
	if (set_text(o, "command", words[0]) < 0)
		return -EINVAL;
	if ((o->command->pages != NULL || o->command->many) &&
	    json_object_set_new(o->request, "limit", json_integer(PAGE_SIZE)) < 0)
		return -ENOMEM;
	if (count == 2) {
		o->argument = words[1];
		return o->command->optional ? 0 : set_text(o, o->command->positional, words[1]);
	}
	return 0;
}

int ctl_options_parse(int argc, char **argv, struct options *out)
{
	struct options o = { .socket = default_socket(), .request = json_object() };
	bool filtered = false;
	int option, error = 0;

	for (int i = 1; i < argc && o.command == NULL; i++)
		o.command = find_command(argv[i]); /* so that a wrong option has its exit status */
	while (error == 0 && (option = getopt_long(argc, argv, "s:Vh", long_options, NULL)) != -1)
		error = take_option(&o, option, &filtered);
	if (error == 0 && optind < argc)
		o.command = find_command(argv[optind]);
	if (error == 0 && !o.help && !o.version)
		error = take_command(&o, argc - optind, argv + optind, filtered);
	if (error < 0)
		ctl_options_free(&o);
	*out = o;
	return error;
}

void ctl_options_free(struct options *o)
{
	json_decref(o->request);
	o->request = NULL;
}
