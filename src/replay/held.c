/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/held.h"

#include <stdlib.h>
#include <string.h>

void held_init(struct held_queue *q)
{
	TAILQ_INIT(&q->list);
	q->count = 0;
}

static size_t weight(const struct frame *frame)
{
	return sizeof(struct held) + frame->size;
}

struct held *held_add(struct held_queue *q, struct held_account *account,
		      const struct frame *frame, enum direction from)
{
	struct held *h;

	if (q->count >= HELD_MAX || account->bytes + weight(frame) > HELD_BYTES_MAX)
		return NULL;
	h = malloc(weight(frame));
	if (h == NULL)
		return NULL;
	*h = (struct held){ .frame = *frame, .from = from };
	memcpy(h + 1, frame->bytes, frame->size);
	h->frame.bytes = (const uint8_t *)(h + 1);
	account->bytes += weight(frame);
	TAILQ_INSERT_TAIL(&q->list, h, by_age);
	q->count++;
	return h;
}

void held_take(struct held_queue *q, struct held *h)
{
	TAILQ_REMOVE(&q->list, h, by_age);
	q->count--;
}

void held_free(struct held_account *account, struct held *h)
{
	account->bytes -= weight(&h->frame);
	free(h);
}
