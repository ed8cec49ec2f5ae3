/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before the IP packet in a captured frame.
 *
 * Link types are libpcap's DLT_ numbers (pcap-linktype(7)): Ethernet, Linux cooked (SLL, SLL2), raw
 * IP, BSD null and loop; IEEE 802.1Q and 802.1ad tags in any number up to LINK_TAGS_MAX.
 */
#ifndef FTPALGD_REPLAY_LINK_H
#define FTPALGD_REPLAY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_TAGS_MAX 4

/* Bytes before an IP packet, tags included. */
#define LINK_HEADER_MAX 64

/* The link types that link_find_ip reads, for people. */
#define LINK_TYPES_TEXT "Ethernet, Linux cooked (SLL, SLL2), raw IP, BSD null"

bool link_is_known(int linktype);

/*
 * Finds the IP packet in a frame: it goes from *ip to the end, with what padding the link added.
 * Returns 0, -EPROTONOSUPPORT for a frame that carries something else, or -EBADMSG for one that
 * ends before its IP packet begins. Any bytes of any size may be given.
 */
int link_find_ip(int linktype, const uint8_t *frame, size_t size, size_t *ip)
	__attribute__((warn_unused_result));

#endif
