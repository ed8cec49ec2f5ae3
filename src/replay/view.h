/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between a capture without a gateway and the two spaces of sequence numbers that one makes.
 *
 * In the capture both ends count the sender's bytes. The daemon meets acknowledgements that count
 * the bytes as their receiver got them: so those of the capture are mapped before they are given to
 * decide. The capture that is written shows both streams as they are received, and acknowledged in
 * the same numbers: payload and sequence number from settle, acknowledgements as they were given.
 */
#ifndef FTPALGD_REPLAY_VIEW_H
#define FTPALGD_REPLAY_VIEW_H

#include "core/table.h"
#include "replay/passage.h"

/*
 * Fills in p->given: the segment as the daemon would have met it, with its acknowledgements mapped
 * unless the capture is live. false when it would not have met it at all.
 */
bool view_give(const struct table *table, struct passage *p, bool live,
	       uint8_t buffer[static PACKET_SIZE_MAX]);

/* Remembers how far the capture's own ends have acknowledged each other. */
void view_note_ack(const struct passage *p);

/* Writes the settled form of given with the acknowledgements of given; returns its size. */
size_t view_as_received(const struct packet *given, const struct packet *settled,
			uint8_t buffer[static PACKET_SIZE_MAX]);

/* Writes the part of p's payload from seq on; returns its size. */
size_t view_rest(const struct packet *p, uint32_t seq, uint8_t buffer[static PACKET_SIZE_MAX]);

#endif
