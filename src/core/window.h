/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets of an adjusted session can be those of its two ends.
 *
 * Conntrack checks the window of every connection, but not of one whose text changed its length: there
 * the two ends count differently. Anybody who can send from a client's address could then end the session
 * by a FIN or RST with any number, or have it read other bytes. So each packet must lie near the place up
 * to which its direction was read, and acknowledge near that of the other one (RFC 5961 does the same at
 * the ends). Whoever does not know these places hits them with one packet in 32 768.
 */
#ifndef FTPALGD_CORE_WINDOW_H
#define FTPALGD_CORE_WINDOW_H

#include "core/decide.h"

/*
 * Bytes to either side. Segments that come so early that they lie outside would be dropped for that
 * anyhow, and be sent again.
 */
#define WINDOW_BYTES (1u << 16)

/* Always, for a session that is not adjusted, and for a direction of which nothing was read yet. */
bool window_holds(const struct situation *at);

/* Whether the packet goes on near the place up to which its direction was read, in any session. */
bool window_is_near(const struct session *s, const struct packet *p, enum direction from);

#endif
