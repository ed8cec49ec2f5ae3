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

/* Where the threads send and listen unless told otherwise, in host byte order. */
#define IPVS_SYNC_GROUP 0xe0000051u /* 224.0.0.81 */
#define IPVS_SYNC_PORT  8848

struct ipvs;

struct ipvs_service {
	struct endpoint address; /* zero, of its family, where it goes by firewall mark */
	uint32_t mark;           /* 0: none */
	unsigned servers;       /* real servers, not counting those being taken out */
	unsigned masquerading;  /* of these, reached by NAT: the only ones an FTP gateway mends */
};

/*
 * A synchronisation thread. The master sends what happens to connections to its multicast group, the backup
 * makes connection entries from what it receives; there is one of each at most.
 */
struct ipvs_thread {
	char interface[IF_NAMESIZE];
	uint8_t id;             /* syncid; 0: takes messages of any */
	uint8_t ttl;
	uint16_t max_length;    /* bytes of the longest message that it reads whole */
	struct endpoint group;  /* multicast address and UDP port */
};

struct ipvs_threads {
	bool has_master, has_backup;
	struct ipvs_thread master, backup;
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

/* Seconds after which IPVS forgets an established TCP connection that is silent. */
int ipvs_tcp_timeout(struct ipvs *ipvs, uint32_t *seconds) __attribute__((warn_unused_result));

int ipvs_threads_get(struct ipvs *ipvs, struct ipvs_threads *threads)
	__attribute__((warn_unused_result));

/* -ESRCH: none runs. */
int ipvs_backup_get(struct ipvs *ipvs, struct ipvs_thread *backup)
	__attribute__((warn_unused_result));

/*
 * Takes interface, id and group; a group with port 0 is the kernel's own. -EEXIST: one runs already;
 * -ENODEV: no such interface.
 */
int ipvs_backup_start(struct ipvs *ipvs, const struct ipvs_thread *like)
	__attribute__((warn_unused_result));

/* -ESRCH: none runs. */
int ipvs_backup_stop(struct ipvs *ipvs) __attribute__((warn_unused_result));

#endif
