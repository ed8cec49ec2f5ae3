/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/preflight.h"

#include "kernel/probe.h"

#include <errno.h>

/* Openings that wait at the same time on a busy director; what the kernel's table should hold. */
enum { EXPECTATIONS_WANTED = 1024 };

static bool is_fatal(enum probe_finding finding, const struct config *config)
{
	switch (finding) {
	case PROBE_NO_NET_ADMIN:
	case PROBE_NO_IPVS:
	case PROBE_IP_VS_FTP:
	case PROBE_VS_CONNTRACK:
		return true;
	case PROBE_VS_BACKUP_ONLY:
		return config->forwarding == FORWARD_IPVS;
	default:
		return false;
	}
}

/* Forwarding that only the other address family would need is no concern. */
static bool concerns(enum probe_finding finding, const struct config *config)
{
	bool ipv6 = false;

	for (size_t i = 0; i < config->service_count; i++)
		ipv6 |= !endpoint_is_ipv4(&config->services[i].address);
	return finding != PROBE_FORWARD_IPV6 || ipv6;
}

int preflight(const struct config *config, struct log *log)
{
	bool found[PROBE_FINDINGS];
	int error = 0;

	probe_run(EXPECTATIONS_WANTED, found);
	for (enum probe_finding f = 0; f < PROBE_FINDINGS; f++) {
		const struct probe_text *text = probe_text(f);
		bool fatal = is_fatal(f, config);

		if (!found[f] || !concerns(f, config))
			continue;
		if (fatal)
			log_message(log, LOG_MACHINE_UNFIT, text->what, text->why, text->mend);
		else
			log_message(log, LOG_MACHINE_WARNING, text->what, text->why, text->mend);
		if (f == PROBE_NO_NET_ADMIN)
			return -EPERM;
		if (fatal)
			error = -ENOTSUP;
	}
	return error;
}
