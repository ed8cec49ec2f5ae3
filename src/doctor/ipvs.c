/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "doctor/keepalived.h"
#include "kernel/discovery.h"
#include "kernel/ruleset.h"
#include "kernel/ruleset_list.h"

#include <errno.h>
#include <stdio.h>
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

/* ---- synchronisation threads ---- */

static void report_apart(const struct doctor *d, const char *others, const struct ipvs_thread *wanted,
			 const struct ipvs_thread *backup)
{
	char what[2 * DOCTOR_TEXT_MAX];

	snprintf(what, sizeof(what), "%s on %s with id %u, IPVS' backup thread on %s with id %u", others,
		 wanted->interface, wanted->id, backup->interface, backup->id);
	doctor_report(d, DOCTOR_TROUBLE, "threads_apart", what,
		      "keepalived cannot start its own on a standby, which then learns of no connection: a "
		      "failover ends them all",
		      "ipvsadm --stop-daemon backup   # with sync.interface = \"auto\" in ftpalgd.conf", "");
}

/* A backup thread with id 0 takes messages of any. */
static bool hears(const struct ipvs_thread *backup, const struct ipvs_thread *sender)
{
	return strcmp(backup->interface, sender->interface) == 0 &&
	       (backup->id == 0 || sender->id == 0 || backup->id == sender->id);
}

void doctor_check_threads(const struct doctor *d, const struct ipvs_threads *threads)
{
	struct ipvs_thread named;

	if (!threads->has_backup)
		return;
	if (threads->has_master && !hears(&threads->backup, &threads->master))
		report_apart(d, "IPVS' master thread is", &threads->master, &threads->backup);
	else if (!threads->has_master && keepalived_sync_place(KEEPALIVED_CONF, &named) &&
		 !hears(&threads->backup, &named))
		report_apart(d, "keepalived.conf wants lvs_sync_daemon", &named, &threads->backup);
}

/* Where no place is named ours is not started before it is needed. */
static void check_missing(const struct doctor *d)
{
	if (d->daemon == DAEMON_RUNS && d->config->forwarding == FORWARD_IPVS &&
	    strcmp(d->config->sync.interface, CONFIG_SYNC_AUTO) != 0)
		doctor_report(d, DOCTOR_WARNING, "no_backup_thread", "IPVS' backup thread is not running",
			      "it takes the connection entries of data connections: the next one has to start it, "
			      "and waits for that",
			      "ipvsadm --start-daemon backup --mcast-interface %", d->config->sync.interface);
}

static bool listing_has(const char *what, const char *words)
{
	char *text = NULL;
	bool found = ruleset_list(what, &text) == 0 && strstr(text, words) != NULL;

	free(text);
	return found;
}

static void check_socket(const struct doctor *d)
{
	if (!listing_has("chain inet " RULESET_TABLE " sync_socket", "skuid"))
		doctor_report(d, DOCTOR_WARNING, "sync_open", "any user of this machine may send to IPVS' backup thread",
			      "the protocol knows no authentication: connection entries can be made to any address",
			      "systemctl restart ftpalgd   # its table has a rule against that", "");
}

/* Whether somebody else's rules have an eye on the port of the thread. */
static bool is_filtered(const struct ipvs_thread *thread)
{
	char words[32], what[RULESET_NAME_MAX], *text = NULL, *table, *rest;
	bool found = false;

	snprintf(words, sizeof(words), "dport %u", thread->group.port);
	if (ruleset_list("tables", &text) < 0)
		return false;
	for (table = strtok_r(text, "\n", &rest); table != NULL && !found; table = strtok_r(NULL, "\n", &rest)) {
		snprintf(what, sizeof(what), "%s", table);
		found = strcmp(table, "table inet " RULESET_TABLE) != 0 && listing_has(what, words);
	}
	free(text);
	return found;
}

static void check_threads(const struct doctor *d, struct ipvs *ipvs)
{
	struct ipvs_threads threads;

	if (ipvs_threads_get(ipvs, &threads) < 0)
		return;
	doctor_check_threads(d, &threads);
	if (threads.has_backup)
		check_socket(d);
	else
		check_missing(d);
	if (threads.has_backup && strcmp(threads.backup.interface, "lo") != 0 && !is_filtered(&threads.backup))
		doctor_report(d, DOCTOR_WARNING, "backup_interface", "IPVS' backup thread listens on %",
			      "whoever can send there can make connection entries: the protocol knows no authentication",
			      "nft add rule inet filter input iifname % udp dport 8848 ip saddr != { OWN, PEER } drop",
			      threads.backup.interface);
}

void doctor_check_ipvs(const struct doctor *d)
{
	struct ipvs *ipvs = NULL;

	/* That IPVS is missing was said already; what may not be asked as well. */
	if (ipvs_open(&ipvs) < 0)
		return;
	check_services(d, ipvs);
	check_threads(d, ipvs);
	ipvs_close(ipvs);
}
