/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at the kernel's expectations for openings that nobody has used (traffic/unused.h), and has a
 * worker count and remember them.
 */
#ifndef FTPALGD_DAEMON_UNUSED_OPENINGS_H
#define FTPALGD_DAEMON_UNUSED_OPENINGS_H

#include "traffic/unused.h"
#include "traffic/worker.h"

/* One look, to be made every few seconds. A kernel that does not answer is asked again at the next one. */
void unused_openings_look(struct unused *u, struct netlink *nl, struct worker *worker);

#endif
