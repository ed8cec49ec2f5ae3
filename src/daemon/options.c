/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

enum { OPTION_CHECK = 256, OPTION_PRINT_RULESET };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "print-ruleset", no_argument, NULL, OPTION_PRINT_RULESET },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

void daemon_options_help(void)
{
	printf("Usage: ftpalgd [-c FILE] [--check] [--print-ruleset] [-v] [-V] [-h]\n"
	       "\n"
	       "FTP gateway for IPVS NAT directors. Runs in the foreground, logs to stderr or the journal.\n"
	       "\n"
	       "  -c, --config FILE    configuration, instead of " SYSCONFDIR "/ftpalgd/ftpalgd.conf\n"
	       "      --check          say what is wrong with the configuration, and touch nothing\n"
	       "      --print-ruleset  print the complete nftables ruleset, and touch nothing\n"
	       "  -v, --verbose        log every opening\n"
	       "  -V, --version        print the version\n"
	       "  -h, --help           print this\n"
	       "\n"
	       "Exit status: 0 fine, 1 failed, 2 wrong usage. See ftpalgd(8), ftpalgd.conf(5).\n");
}

int daemon_options_parse(int argc, char **argv, struct options *out)
{
	struct options o = { .config = SYSCONFDIR "/ftpalgd/ftpalgd.conf" };
	int option;

	while ((option = getopt_long(argc, argv, "c:vVh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			o.config = optarg;
			o.config_named = true;
			break;
		case OPTION_CHECK:
			o.task = TASK_CHECK;
			break;
		case OPTION_PRINT_RULESET:
			o.task = TASK_PRINT_RULESET;
			break;
		case 'v':
			o.verbose = true;
			break;
		case 'V':
			o.task = TASK_VERSION;
			break;
		case 'h':
			o.task = TASK_HELP;
			break;
		default:
			fprintf(stderr, "Try 'ftpalgd --help'.\n");
			return -EINVAL;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ftpalgd: unexpected argument '%s'\nTry 'ftpalgd --help'.\n", argv[optind]);
		return -EINVAL;
	}
	*out = o;
	return 0;
}
