/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The openings that the kernel would hold: what stands for its expectations.
 *
 * A passive opening holds its port of the virtual service against every other opening of the same
 * client until its data connection comes or its time is over, as an expectation does. Where the
 * same real server opens a connection to the same port of the client, the opening of an earlier
 * session serves as well. At most OPENINGS_MAX are held; then the oldest is forgotten.
 */
#ifndef FTPALGD_REPLAY_OPENINGS_H
#define FTPALGD_REPLAY_OPENINGS_H

#include "core/engine.h"

#define OPENINGS_MAX 65536

struct openings;

struct openings *openings_new(void);
void openings_free(struct openings *o);

/* What the engine asks of an opener; the opener is a struct openings. All is in force at once. */
extern const struct opener_ops openings_ops;

/*
 * A connection is being opened. If an opening was made for it, that opening is used up and *control
 * becomes the client's end of the session that asked for it.
 */
bool openings_use(struct openings *o, const struct endpoint *source,
		  const struct endpoint *destination, uint32_t now, struct endpoint *control);

#endif
