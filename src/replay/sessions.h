/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session of a talk, begun and renewed as the daemon does it.
 *
 * Diverted to the daemon is what carries payload, the server's handshake until the client has answered
 * it, FIN and RST; of an adjusted session, everything else, too. The first of these begins a session:
 * with the handshake it is known from its first byte, without it is picked up midway.
 */
#ifndef FTPALGD_REPLAY_SESSIONS_H
#define FTPALGD_REPLAY_SESSIONS_H

#include "core/table.h"
#include "replay/passage.h"

/* NULL when the talk has none. */
struct session *sessions_find(struct table *table, struct talk *talk);

/*
 * The session that takes the segment, NULL when it is not diverted and there is none. *begun: it did
 * not have one yet, or had that of an earlier connection.
 */
struct session *sessions_take(struct table *table, const struct passage *p, uint32_t now, bool *begun);

/* A new one in place of the talk's, as of a daemon that has seen nothing of the talk. */
struct session *sessions_pick_up(struct table *table, struct talk *talk, uint32_t now);

/* Whether the daemon meets the segment. */
bool sessions_divert(const struct session *s, const struct passage *p);

#endif
