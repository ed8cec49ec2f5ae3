/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/discovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct services {
	const struct doctor *doctor;
	size_t usable;
	bool *found; /* of the configured ones */
};

static bool is_ours(const struct services *s, const struct ipvs_service *service)
{
	const struct config *config = s->doctor->config;
	bool ours = config->discover && service->address.port == DISCOVERY_PORT;

	for (size_t i = 0; i < config->service_count; i++)
		if (endpoint_equal(&config->services[i].address, &service->address)) {
			s->found[i] = true;
			ours = true;
		}
	return ours;
}

static int check_service(const struct ipvs_service *service, void *data)
{
	struct services *s = data;
	char address[ENDPOINT_TEXT_MAX];

	if (!is_ours(s, service))
		return 0;
	endpoint_format(&service->address, address);
	if (service->masquerading > 0)
		s->usable++;
	if (service->servers == 0)
		doctor_report(s->doctor, DOCTOR_WARNING, "no_servers", "the virtual service % has no real server",
			      "nobody can connect to it", "ipvsadm -a -t % -r REAL-SERVER:21 -m", address);
	else if (service->masquerading < service->servers)
		doctor_report(s->doctor, service->masquerading == 0 ? DOCTOR_TROUBLE : DOCTOR_WARNING,
			      "not_nat", "the virtual service % has real servers that are not reached by NAT",
			      "their replies do not come back this way, and cannot be mended",
			      "ipvsadm -e -t % -r REAL-SERVER:21 -m", address);
	return 0;
}

static void check_configured(const struct services *s)
{
	const struct config *config = s->doctor->config;
	char address[ENDPOINT_TEXT_MAX];

	for (size_t i = 0; i < config->service_count; i++)
		if (!s->found[i])
			doctor_report(s->doctor, DOCTOR_WARNING, "not_in_ipvs",
				      "the configured service % is not in IPVS",
				      "no connection to it is ever seen", "ipvsadm -A -t % -s rr",
				      endpoint_format(&config->services[i].address, address));
}

static void check_services(const struct doctor *d, struct ipvs *ipvs)
{
	struct services s = { .doctor = d, .found = calloc(d->config->service_count + 1, sizeof(bool)) };

	if (s.found == NULL)
		return;
	if (ipvs_services(ipvs, 0, check_service, &s) == 0) {
		check_configured(&s);
		if (s.usable == 0)
			doctor_report(d, DOCTOR_TROUBLE, "no_services",
				      "there is no FTP service with real servers behind NAT in IPVS",
				      "there is nothing to serve",
				      "ipvsadm -A -t VIP:21 -s rr; ipvsadm -a -t VIP:21 -r REAL-SERVER:21 -m", "");
	}
	free(s.found);
}

static void check_backup(const struct doctor *d, struct ipvs *ipvs)
{
	struct ipvs_backup backup;
	int error = ipvs_backup_get(ipvs, &backup);

	if (error == -ESRCH && d->daemon == DAEMON_RUNS && d->config->forwarding == FORWARD_IPVS)
		doctor_report(d, DOCTOR_WARNING, "no_backup_thread", "IPVS' backup thread is not running",
			      "it takes the connection entries of data connections: the next one has to start it, "
			      "and waits for that",
			      "ipvsadm --start-daemon backup --mcast-interface %", d->config->sync.interface);
	else if (error == 0 && strcmp(backup.interface, "lo") != 0)
		doctor_report(d, DOCTOR_WARNING, "backup_interface", "IPVS' backup thread listens on %",
			      "whoever can send there can make connection entries: the protocol knows no authentication",
			      "nft add rule inet filter input iifname % udp dport 8848 ip saddr != { OWN, PEER } drop",
			      backup.interface);
}

void doctor_check_ipvs(const struct doctor *d)
{
	struct ipvs *ipvs = NULL;

	/* That IPVS is missing was said already; what may not be asked as well. */
	if (ipvs_open(&ipvs) < 0)
		return;
	check_services(d, ipvs);
	check_backup(d, ipvs);
	ipvs_close(ipvs);
}
