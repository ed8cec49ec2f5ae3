/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/segment.h"

#include <string.h>

enum { IPV4_SOURCE = 12, IPV6_SOURCE = 8 };

static struct endpoint end_of(const struct packet *p, size_t index)
{
	const uint8_t *port_at = p->bytes + p->tcp + index * 2;
	uint16_t port = (uint16_t)(port_at[0] << 8 | port_at[1]);
	struct in_addr v4;
	struct in6_addr v6;

	if (p->ipv6) {
		memcpy(&v6, p->bytes + IPV6_SOURCE + index * sizeof(v6), sizeof(v6));
		return endpoint_from_ipv6(&v6, port);
	}
	memcpy(&v4, p->bytes + IPV4_SOURCE + index * sizeof(v4), sizeof(v4));
	return endpoint_from_ipv4(v4, port);
}

int segment_parse(const uint8_t *bytes, size_t size, struct segment *s)
{
	int error = packet_parse(bytes, size, &s->packet);

	if (error < 0)
		return error;
	s->source = end_of(&s->packet, 0);
	s->destination = end_of(&s->packet, 1);
	return 0;
}
