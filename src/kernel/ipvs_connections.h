/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections that IPVS knows in this network namespace: /proc/net/ip_vs_conn, for there is no netlink for
 * it. Source: net/netfilter/ipvs/ip_vs_conn.c, ip_vs_conn_seq_show.
 */
#ifndef FTPALGD_KERNEL_IPVS_CONNECTIONS_H
#define FTPALGD_KERNEL_IPVS_CONNECTIONS_H

#include "core/endpoint.h"

struct ipvs_connection {
	struct endpoint client;
	struct endpoint service; /* the virtual one */
	struct endpoint server;  /* the real one */
	bool established;
};

/* Hands each TCP connection to seen. Returns 0 or -errno. */
typedef void ipvs_connection_seen(const struct ipvs_connection *c, void *data);
int ipvs_connections(ipvs_connection_seen *seen, void *data) __attribute__((warn_unused_result));

/* Reads one line of it; false: the head, or another protocol. */
bool ipvs_connection_read(const char *line, struct ipvs_connection *c);

#endif
