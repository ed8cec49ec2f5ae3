/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/link.h"

#include <assert.h>
#include <errno.h>
#include <pcap/dlt.h>

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	TYPE_QINQ_OLD = 0x9100,
	TAG_SIZE = 4,

	ETHERNET_TYPE = 12,
	ETHERNET_SIZE = 14,
	SLL_TYPE = 14,
	SLL_SIZE = 16,
	SLL2_TYPE = 0,
	SLL2_SIZE = 20,
	NULL_SIZE = 4,
};

static_assert(SLL2_SIZE + LINK_TAGS_MAX * TAG_SIZE <= LINK_HEADER_MAX, "the largest header fits");

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static bool is_tag(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

/* header: size of the link's header; type: where in it the EtherType stands. */
static int find_typed(const uint8_t *frame, size_t size, size_t header, size_t type, size_t *ip)
{
	uint16_t carried;
	size_t at = header;

	if (size < header)
		return -EBADMSG;
	carried = get16(frame + type);
	for (int tags = 0; is_tag(carried) && tags < LINK_TAGS_MAX; tags++) {
		if (size - at < TAG_SIZE)
			return -EBADMSG;
		carried = get16(frame + at + 2);
		at += TAG_SIZE;
	}
	if (carried != TYPE_IPV4 && carried != TYPE_IPV6)
		return -EPROTONOSUPPORT;
	*ip = at;
	return 0;
}

/* The family stands in the byte order of the machine that captured, and its numbers differ. */
static int find_null(const uint8_t *frame, size_t size, size_t *ip)
{
	uint8_t family;

	if (size < NULL_SIZE)
		return -EBADMSG;
	family = frame[0] != 0 ? frame[0] : frame[3];
	switch (family) {
	case 2:  /* AF_INET everywhere */
	case 10: /* AF_INET6: Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		*ip = NULL_SIZE;
		return 0;
	default:
		return -EPROTONOSUPPORT;
	}
}

bool link_is_known(int linktype)
{
	switch (linktype) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	default:
		return false;
	}
}

int link_find_ip(int linktype, const uint8_t *frame, size_t size, size_t *ip)
{
	switch (linktype) {
	case DLT_EN10MB:
		return find_typed(frame, size, ETHERNET_SIZE, ETHERNET_TYPE, ip);
	case DLT_LINUX_SLL:
		return find_typed(frame, size, SLL_SIZE, SLL_TYPE, ip);
	case DLT_LINUX_SLL2:
		return find_typed(frame, size, SLL2_SIZE, SLL2_TYPE, ip);
	case DLT_NULL:
	case DLT_LOOP:
		return find_null(frame, size, ip);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*ip = 0;
		return 0;
	default:
		return -EPROTONOSUPPORT;
	}
}
