/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events for the clients that watch, and control lines for those that trace: read from the workers every CONTROL_STREAM_MS, as long as
 * there is one, and put on the output of each that wants them.
 */
#ifndef FTPALGD_CONTROL_STREAM_H
#define FTPALGD_CONTROL_STREAM_H

#include "control/client.h"

#define CONTROL_STREAM_MS 100

struct control_stream_state;

struct control_stream_state *control_stream_new(const struct control_subject *subject);
void control_stream_free(struct control_stream_state *s);

/*
 * Tells the clients what has happened since the last call. A client whose output has no room for
 * it is marked as closing, its output dropped: it could not follow. Returns whether anybody
 * watches: else there need be no next call.
 */
bool control_stream_run(struct control_stream_state *s, struct control_client *clients,
			size_t count);

#endif
