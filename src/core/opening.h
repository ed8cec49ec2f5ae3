/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which port of the virtual service a passive opening may get.
 *
 * The server's own port comes first where the service's range allows it; after that ports of the
 * range, in an order of the session's own, so that sessions rarely try the same. The kernel refuses
 * a port that another opening of the same client holds: then the next one is tried.
 */
#ifndef FTPALGD_CORE_OPENING_H
#define FTPALGD_CORE_OPENING_H

#include "core/decide.h"

/* Tries before a range counts as exhausted for that client. */
#define OPENING_TRIES_MAX 64

/* Where a service without a range finds another port when the server's own one is taken. */
#define OPENING_FALLBACK_FIRST 49152
#define OPENING_FALLBACK_LAST 65535

/*
 * The port of the given try, counted from 0. seed differs between sessions and openings.
 * Returns 0, or -ENOSPC when there are no more to try.
 */
int opening_port(const struct service *service, const struct want *want, uint32_t seed,
		 unsigned int attempt, uint16_t *port) __attribute__((warn_unused_result));

#endif
