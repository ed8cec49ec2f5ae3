/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was asked for in a dialogue and has no answer yet.
 *
 * Replies are not matched to their commands one by one: servers say more or less than they should.
 * But each command has one final reply (RFC 959, 4.2). So when there are as many replies as commands
 * and one of them was a refusal, what seems to be asked for still is what was refused. A command that
 * never gets its reply only keeps such requests alive.
 */
#ifndef FTPALGD_CORE_REQUESTS_H
#define FTPALGD_CORE_REQUESTS_H

#include "core/session.h"

/* From there on the number of commands or requests is not known any more. */
#define REQUESTS_MAX UINT8_MAX

static inline void requests_add(uint8_t *number)
{
	if (*number < REQUESTS_MAX)
		++*number;
}

static inline void requests_forget(struct dialogue *d)
{
	d->unanswered = d->pasv_pending = d->epsv_pending = 0;
	d->refused = d->auth_pending = d->active_pending = d->transfer_pending = false;
}

/* A final reply, whatever it says, but for the greeting: that answers no command. */
static inline void requests_answered(struct dialogue *d)
{
	d->active_pending = false;
	if (d->unanswered == 0 || d->unanswered == REQUESTS_MAX || --d->unanswered > 0)
		return;
	if (d->refused)
		requests_forget(d);
}

/* What was opened has been used, or never will be. */
static inline void requests_let_go(struct dialogue *d)
{
	if (d->unused > 0)
		d->unused--;
}

/* A transfer that has begun or was refused has let go of its opening. */
static inline void requests_end_transfer(struct dialogue *d)
{
	d->transfer_pending = false;
	requests_let_go(d);
}

/* Before it is counted as an answer. */
static inline void requests_refused(struct dialogue *d)
{
	d->refused = d->unanswered > 0;
	d->auth_pending = false;
	if (d->active_pending)
		requests_let_go(d);
	else if (d->transfer_pending)
		requests_end_transfer(d);
}

/*
 * Whether somebody asked for a reply that answers these; takes it off their number. Of a session
 * picked up midway one request may have been missed.
 */
static inline bool requests_solicit(struct dialogue *d, uint8_t *pending)
{
	if (*pending > 0) {
		--*pending;
		return true;
	}
	if (d->midway) {
		d->midway = false;
		return true;
	}
	return false;
}

#endif
