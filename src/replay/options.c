/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/options.h"

#include "core/cursor.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
	OPTION_SERVER_PORTS = 256,
	OPTION_DENY_TLS,
	OPTION_NO_ACTIVE,
	OPTION_FAIL_CLOSED,

	PASSIVE_PORT_MIN = 1024,
};

static const struct option long_options[] = {
	{ "service", required_argument, NULL, 's' },
	{ "real-server", required_argument, NULL, 'r' },
	{ "passive-ports", required_argument, NULL, 'p' },
	{ "server-ports", required_argument, NULL, OPTION_SERVER_PORTS },
	{ "deny-tls", no_argument, NULL, OPTION_DENY_TLS },
	{ "no-active", no_argument, NULL, OPTION_NO_ACTIVE },
	{ "fail-closed", no_argument, NULL, OPTION_FAIL_CLOSED },
	{ "live", no_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

void replay_options_help(void)
{
	printf("Usage: ftpalg-replay [-s VIP:PORT] [-r RS:PORT] [-p FIRST-LAST] [OPTION...] IN.pcap [OUT.pcap]\n"
	       "\n"
	       "Plays a capture of FTP control connections to ftpalgd's decisions; prints each line, each\n"
	       "decision and each reason, and writes the capture as rewritten. Needs no privileges.\n"
	       "\n"
	       "  -s, --service VIP:PORT          a virtual service; may be repeated\n"
	       "  -r, --real-server RS:PORT       a real server of the service before it; may be repeated\n"
	       "  -p, --passive-ports FIRST-LAST  ports shown to clients\n"
	       "      --server-ports FIRST-LAST   ports that real servers announce; others are not opened\n"
	       "      --deny-tls                  refuse AUTH\n"
	       "      --no-active                 make no openings for PORT and EPRT\n"
	       "      --fail-closed               drop a reply whose opening cannot be made\n"
	       "  -l, --live                      the capture was taken while a gateway was at work\n"
	       "  -j, --json                      print a JSON object a line\n"
	       "  -V, --version                   print the version\n"
	       "  -h, --help                      print this\n"
	       "\n"
	       "Exit status: 0 fine, 1 failed, 2 wrong usage. See ftpalg-replay(1).\n");
}

static int refuse(const char *what, const char *found, const char *allowed)
{
	fprintf(stderr, "ftpalg-replay: %s '%s': %s\nTry 'ftpalg-replay --help'.\n", what, found, allowed);
	return -EINVAL;
}

static int add_role(struct roles *roles, const char *text, bool is_server)
{
	const char *what = is_server ? "real server" : "service";
	struct endpoint address;

	if (endpoint_parse(text, &address) < 0 || address.port == 0)
		return refuse(what, text, "must be ADDRESS:PORT or [IPV6-ADDRESS]:PORT, in numbers");
	if (roles_find(roles, &address) != NULL)
		return refuse(what, text, "is named twice");
	if (roles_add(roles, &address, is_server) < 0)
		return refuse(what, text, "is one too many, at most 256 can be named");
	return 0;
}

static int read_range(const char *what, const char *text, uint16_t lowest, struct port_range *range)
{
	char allowed[64];
	struct cursor c = cursor_over(text, strlen(text));
	uint32_t first, last;

	first = cursor_number(&c, 5, UINT16_MAX);
	cursor_expect(&c, '-');
	last = cursor_number(&c, 5, UINT16_MAX);
	snprintf(allowed, sizeof(allowed), "must be FIRST-LAST within %u to 65535", lowest);
	if (c.failed || c.at != c.size || first < lowest || last < first)
		return refuse(what, text, allowed);
	*range = (struct port_range){ (uint16_t)first, (uint16_t)last };
	return 0;
}

static int take_option(struct replay_options *o, int option)
{
	switch (option) {
	case 's':
		return add_role(&o->roles, optarg, false);
	case 'r':
		return add_role(&o->roles, optarg, true);
	case 'p':
		return read_range("passive ports", optarg, PASSIVE_PORT_MIN, &o->service.passive_ports);
	case OPTION_SERVER_PORTS:
		return read_range("server ports", optarg, 1, &o->server_ports);
	case OPTION_DENY_TLS:
		o->service.deny_tls = true;
		return 0;
	case OPTION_NO_ACTIVE:
		o->service.active = false;
		return 0;
	case OPTION_FAIL_CLOSED:
		o->service.fail_open = false;
		return 0;
	case 'l':
		o->live = true;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'V':
		o->task = REPLAY_VERSION;
		return 0;
	case 'h':
		o->task = REPLAY_HELP;
		return 0;
	default:
		fprintf(stderr, "Try 'ftpalg-replay --help'.\n");
		return -EINVAL;
	}
}

static int take_files(struct replay_options *o, int count, char **files)
{
	if (o->task != REPLAY_RUN)
		return 0;
	if (count < 1) {
		fprintf(stderr, "ftpalg-replay: which capture?\nTry 'ftpalg-replay --help'.\n");
		return -EINVAL;
	}
	if (count > 2)
		return refuse("argument", files[2], "is one too many: give IN.pcap and perhaps OUT.pcap");
	o->in = files[0];
	o->out = count == 2 ? files[1] : NULL;
	if (o->out != NULL && strcmp(o->out, "-") == 0)
		return refuse("output", o->out, "must be a file, the standard output is for the text");
	return 0;
}

int replay_options_parse(int argc, char **argv, struct replay_options *out)
{
	int option, error = 0;

	*out = (struct replay_options){ .service = { .active = true, .fail_open = true } };
	while (error == 0 && (option = getopt_long(argc, argv, "s:r:p:ljVh", long_options, NULL)) != -1)
		error = take_option(out, option);
	if (error == 0)
		error = take_files(out, argc - optind, argv + optind);
	if (error == 0)
		roles_settle(&out->roles);
	return error;
}
