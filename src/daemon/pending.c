/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/pending.h"

#include <stdlib.h>
#include <string.h>

struct pending {
	struct pending_packet *slots;
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
	for (size_t i = 0; i < PENDING_MAX; i++) {
		p->slots[i].next = p->free;
		p->free = &p->slots[i];
	}
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

struct pending_packet *pending_add(struct pending *p, const struct packet *packet)
{
	struct pending_packet *slot = p->free;

	if (slot == NULL)
		return NULL;
	p->free = slot->next;
	slot->next = NULL;
	slot->packet = *packet;
	slot->packet.bytes = memcpy(slot->bytes, packet->bytes, packet->size);
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
