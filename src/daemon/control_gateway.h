/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running gateway as what the control socket looks at.
 */
#ifndef FTPALGD_DAEMON_CONTROL_GATEWAY_H
#define FTPALGD_DAEMON_CONTROL_GATEWAY_H

#include "control/subject.h"
#include "daemon/gateway.h"

struct control_gateway {
	struct gateway *gateway;
	void *owner; /* given to reload */
	int (*reload)(void *owner, FILE *words);
};

/* g is borrowed as long as the subject is in use. */
struct control_subject control_gateway_subject(struct control_gateway *g);

#endif
