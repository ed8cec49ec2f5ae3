/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/pending.h"

#include <stdlib.h>
#include <string.h>

struct pending {
	struct pending_packet *slots;
	size_t fresh; /* first slot never used */
	struct pending_packet *free;
	struct pending_packet *first;
	struct pending_packet **end;
};

struct pending *pending_new(void)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->slots = calloc(PENDING_MAX, sizeof(*p->slots));
	if (p->slots == NULL) {
		free(p);
		return NULL;
	}
	p->end = &p->first;
	return p;
}

void pending_free(struct pending *p)
{
	if (p == NULL)
		return;
	free(p->slots);
	free(p);
}

bool pending_is_empty(const struct pending *p)
{
	return p->first == NULL;
}

static struct pending_packet *take_slot(struct pending *p)
{
	struct pending_packet *slot = p->free;

	if (slot != NULL)
		p->free = slot->next;
	else if (p->fresh < PENDING_MAX)
		slot = &p->slots[p->fresh++];
	return slot;
}

struct pending_packet *pending_add(struct pending *p, const struct transit *transit)
{
	const struct packet *packet = transit->packet;
	struct pending_packet *slot = take_slot(p);

	if (slot == NULL)
		return NULL;
	slot->next = NULL;
	slot->packet = *packet;
	slot->packet.bytes = memcpy(slot->bytes, packet->bytes, packet->size);
	slot->service = *transit->service;
	slot->transit = (struct transit){
		.session = transit->session, .service = &slot->service, .from = transit->from,
		.packet = &slot->packet, .decision = &slot->decision,
	};
	slot->decided = false;
	*p->end = slot;
	p->end = &slot->next;
	return slot;
}

void pending_each(struct pending *p, bool (*visit)(void *context, struct pending_packet *packet),
		  void *context)
{
	struct pending_packet **link = &p->first;

	while (*link != NULL) {
		struct pending_packet *slot = *link;

		if (!visit(context, slot)) {
			link = &slot->next;
			continue;
		}
		*link = slot->next;
		if (*link == NULL)
			p->end = link;
		slot->next = p->free;
		p->free = slot;
	}
}

static const struct port_list every_port = { 1, { { 1, UINT16_MAX } } };

void pending_set_policy(struct pending *p, const struct policy *policy)
{
	for (struct pending_packet *slot = p->first; slot != NULL; slot = slot->next) {
		const struct service *s = policy_find(policy, &slot->service.address);

		if (s != NULL) {
			slot->service = *s;
			continue;
		}
		slot->service.servers = NULL;
		slot->service.server_count = 0;
		slot->service.closed_ports = every_port;
		slot->service.active = false;
	}
}
