/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the bytes of one direction of a session differ between sender and receiver.
 *
 * The sender numbers its bytes in its own space, the receiver acknowledges in another: a splice is
 * the map between the two. It is a list of edits (a range of the sender's bytes and the text that
 * stands for it) that the receiver has not acknowledged yet, and the shift that the acknowledged
 * ones left behind. Because the map belongs to positions and not to packets, bytes that are sent
 * again, in whatever segments, become the same bytes again.
 *
 * Withheld bytes are the beginning of a line that may have to be edited once its end is known.
 * They are acknowledged to the sender (it may wait for that before it sends the rest: RFC 896) as
 * soon as the receiver has acknowledged everything before them, and reach the receiver with the
 * byte that follows them. Otherwise an edit's text goes byte for byte with the sender's, and what it
 * is longer with the last one: a sender may send it again in pieces of any size.
 *
 * Splices come from a pool; a session that needs none has none.
 */
#ifndef FTPALGD_CORE_SPLICE_H
#define FTPALGD_CORE_SPLICE_H

#include "core/packet.h"

enum {
	SPLICE_EDITS = 4,   /* edits in flight in one direction */
	PARTIAL_MAX = 512,  /* bytes of a line that is kept or edited, without its line end */
	EDIT_TEXT_MAX = PARTIAL_MAX + 98, /* the same with a longer announcement and a line end */
};

struct edit {
	uint32_t start;    /* sender's sequence number of the first byte edited */
	uint16_t size;     /* bytes of the sender */
	uint16_t withheld; /* of these, how many were acknowledged before the edit was made */
	uint16_t text_size;
	char text[EDIT_TEXT_MAX];
};

struct splice {
	uint32_t shift; /* receiver's minus sender's number, before the first edit */
	uint32_t link; /* the table's: whose it is, or the next free one */
	uint16_t partial_size;
	bool withheld; /* the partial line has not been passed on */
	uint8_t edit_count;
	char partial[PARTIAL_MAX];
	struct edit edits[SPLICE_EDITS]; /* in the order of their starts, apart from each other */
};

/* A splice at one moment: how far its direction was read, and passed on. */
struct splice_map {
	const struct splice *splice;
	uint32_t hold; /* the sender's number of the first byte that is not passed on */
	uint32_t next; /* and of the first that was not read: those between them are withheld */
};

/* The map of a direction that was read up to next (sender's number). */
static inline struct splice_map splice_map_at(const struct splice *s, uint32_t next)
{
	return (struct splice_map){ s, s->withheld ? next - s->partial_size : next, next };
}

/* The receiver's number of the sender's seq. */
uint32_t splice_to_receiver(const struct splice_map *m, uint32_t seq);

/* The sender's number of the receiver's ack. Withheld bytes count as received once all before them are. */
uint32_t splice_to_sender(const struct splice_map *m, uint32_t ack);

/* Forgets the edits that ack (receiver's number) covers; their shifts stay. */
void splice_acknowledged(struct splice *s, uint32_t ack);

/* No difference between the two spaces is left, and no line is kept. */
bool splice_is_idle(const struct splice *s);

/* All that it says is how bytes of the same number that are sent again would read. */
bool splice_keeps_length(const struct splice *s);

/*
 * Appends to w what the receiver gets for p's payload. Sets *emitted to the number of bytes appended.
 */
void splice_emit(const struct splice_map *m, const struct packet *p, struct packet_writer *w,
		 size_t *emitted);

#endif
