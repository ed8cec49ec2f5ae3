/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What IPVS knows: virtual services, and its synchronisation threads.
 *
 * Generic netlink, family "IPVS", of the namespace in which it is opened; every command needs
 * CAP_NET_ADMIN. IPVS announces no changes: ask again from time to time.
 *
 * Source: net/netfilter/ipvs/ip_vs_ctl.c, linux/ip_vs.h.
 */
#ifndef FTPALGD_KERNEL_IPVS_H
#define FTPALGD_KERNEL_IPVS_H

#include <net/if.h>

#include "core/endpoint.h"

struct ipvs;

struct ipvs_service {
	struct endpoint address; /* zero, of its family, where it goes by firewall mark */
	uint32_t mark;           /* 0: none */
	unsigned servers;       /* real servers, not counting those being taken out */
	unsigned masquerading;  /* of these, reached by NAT: the only ones an FTP gateway mends */
};

/* A backup thread: it makes connection entries from what its multicast group receives. */
struct ipvs_backup {
	char interface[IF_NAMESIZE];
	uint8_t id;             /* syncid; 0: takes messages of any */
	uint8_t ttl;
	uint16_t max_length;    /* bytes of the longest message that it reads whole */
	struct endpoint group;  /* multicast address and UDP port */
};

/* -ENOENT: no IPVS in this kernel, or its module is not loaded. */
int ipvs_open(struct ipvs **ipvs) __attribute__((warn_unused_result));
void ipvs_close(struct ipvs *ipvs);

/*
 * Hands the TCP services on `port` (0: on any) to cb; those by firewall mark have no address and
 * are left out. cb returns 0 to go on, anything else is returned at once.
 */
typedef int ipvs_service_seen(const struct ipvs_service *service, void *data);
int ipvs_services(struct ipvs *ipvs, uint16_t port, ipvs_service_seen *cb, void *data)
	__attribute__((warn_unused_result));

/* Hands all services by TCP address or firewall mark to cb, without asking for their servers. */
int ipvs_list(struct ipvs *ipvs, ipvs_service_seen *cb, void *data)
	__attribute__((warn_unused_result));

/*
 * Hands the real servers of a service to cb, likewise; -ESRCH or -ENOENT: it has gone. Port 0: the one
 * that the client asks for.
 */
typedef int ipvs_server_seen(const struct endpoint *server, bool masquerading, void *data);
int ipvs_servers(struct ipvs *ipvs, const struct ipvs_service *service, ipvs_server_seen *cb,
		 void *data) __attribute__((warn_unused_result));

/* -ESRCH: none runs. */
int ipvs_backup_get(struct ipvs *ipvs, struct ipvs_backup *backup)
	__attribute__((warn_unused_result));

/* -EEXIST: one runs already; -ENODEV: no such interface. Group and port are the kernel's own. */
int ipvs_backup_start(struct ipvs *ipvs, const char *interface, uint8_t id)
	__attribute__((warn_unused_result));

/* -ESRCH: none runs. */
int ipvs_backup_stop(struct ipvs *ipvs) __attribute__((warn_unused_result));

#endif
