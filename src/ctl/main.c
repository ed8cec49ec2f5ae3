/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl(8): shows what ftpalgd does. Needs no privilege but the way to its socket.
 */
#include "ctl/ask.h"
#include "ctl/monitor.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	struct options o;
	int status = STATUS_FINE;

	if (ctl_options_parse(argc, argv, &o) < 0)
		return o.command != NULL && o.command->monitors ? MONITOR_UNKNOWN : STATUS_USAGE;
	if (o.help)
		ctl_options_help();
	else if (o.version)
		printf("ftpalgctl " PACKAGE_VERSION "\n");
	else
		status = o.command->local != NULL ? o.command->local(&o) : ask(&o);
	ctl_options_free(&o);
	return status;
}
