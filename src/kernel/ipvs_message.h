/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The version 1 message of the IPVS synchronisation protocol, as far as it is sent here.
 *
 *	header    0, syncid, size16, connections, version 1, 0, 0
 *	entry     type (0 IPv4, 1 IPv6), protocol, size (12 bits), flags32, state16,
 *	          cport, vport, dport, fwmark32, timeout32 (s), caddr, vaddr, daddr
 *	trailer   64 bits of the sender's own
 *
 * All big-endian. The receiver reads as many entries as the header counts and ignores what is
 * left of the datagram, provided that size16 covers it: the trailer numbers the messages, and a
 * message without entries is a barrier (kernel/ipvs_sync.h).
 *
 * Entries have the shape that the kernel's own ip_vs_ftp gives to its data connections: TCP,
 * masquerading, state LISTEN, and NO_CPORT where the client's port is not known.
 *
 *	passive   client:0 → VIP:port → RS:port
 *	active    client:port → VIP:service port - 1 → RS:control port - 1
 *
 * A third one, in state ESTABLISHED, stands for a control connection that IPVS knows already: the
 * kernel then only sets its timer anew, as ip_vs_ftp does through the data connection.
 *
 *	control   client:port → VIP:port → RS:port
 *
 * Undoing: there is no delete. The same entry with a time-out of one second takes the place of
 * the first if nobody has used it yet, and is gone a second later; a used one has a client port by
 * now, and stays.
 *
 * Pure: no descriptor, no allocation. Source: net/netfilter/ipvs/ip_vs_sync.c, ip_vs_ftp.c.
 */
#ifndef FTPALGD_KERNEL_IPVS_MESSAGE_H
#define FTPALGD_KERNEL_IPVS_MESSAGE_H

#include "core/flow.h"

#define IPVS_MESSAGE_HEADER  8
#define IPVS_MESSAGE_TRAILER 8
#define IPVS_MESSAGE_ENTRY4  36
#define IPVS_MESSAGE_ENTRY6  72

/* Fits every MTU that a backup thread allows (its buffer is at least 1024 bytes). */
#define IPVS_MESSAGE_MAX 1024

struct ipvs_entry {
	struct endpoint client; /* port 0: any */
	struct endpoint service;
	struct endpoint server;
	uint32_t seconds; /* not 0, at most IPVS_ENTRY_SECONDS_MAX */
	bool established;
};

/* Keeps jiffies within 32 bits at any HZ; the kernel clamps later ones by itself. */
#define IPVS_ENTRY_SECONDS_MAX 86400

struct ipvs_entry ipvs_entry_passive(const struct flow *control, uint16_t port,
				     uint16_t server_port, uint32_t seconds);
struct ipvs_entry ipvs_entry_active(const struct flow *control, uint16_t client_port,
				    uint32_t seconds);

/* All three of one family, with a service and a server port, and a time. */
bool ipvs_entry_valid(const struct ipvs_entry *entry);

struct ipvs_entry ipvs_entry_control(const struct flow *control, uint32_t seconds);

/*
 * Writes a message of the leading entries that fit into size bytes, at most 255, and sets *taken
 * to their number. Returns the message's length, or -EMSGSIZE when not even a barrier fits, or
 * -EINVAL at an entry that is not valid.
 */
int ipvs_message_encode(uint8_t *message, size_t size, uint8_t syncid, uint64_t trailer,
			const struct ipvs_entry *entries, size_t count, size_t *taken)
	__attribute__((warn_unused_result));

/* The trailer of a message that ipvs_message_encode made, or -EBADMSG. */
int ipvs_message_trailer(const uint8_t *message, size_t length, uint64_t *trailer)
	__attribute__((warn_unused_result));

#endif
