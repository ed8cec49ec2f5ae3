/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/dialogue.h"

#include <string.h>

enum { REPLY_ERRORS = 400 };

/* Nothing waits any more: what was unsure about it is over. */
static void settle_words(struct dialogue *d)
{
	if (d->waiting_count == 0)
		d->alone = d->unclean = false;
}

static void drop_first(struct dialogue *d, size_t count)
{
	d->waiting_count = (uint8_t)(d->waiting_count - count);
	memmove(d->waiting, d->waiting + count, d->waiting_count);
	settle_words(d);
}

void dialogue_forget(struct dialogue *d)
{
	drop_first(d, d->waiting_count);
	d->streams[FROM_SERVER].multiline = 0;
	d->heard = false;
}

bool dialogue_waits(const struct dialogue *d, enum request request)
{
	return memchr(d->waiting, (int)request, d->waiting_count) != NULL;
}

size_t dialogue_passive(const struct dialogue *d)
{
	size_t i = 0;

	while (i < d->waiting_count && !request_is_passive(d->waiting[i]))
		i++;
	return i;
}

/* ---- asking ---- */

/* Makes room by the latest plain command; returns whether there was one. */
static bool forget_plain(struct dialogue *d)
{
	uint8_t *plain = memrchr(d->waiting, REQUEST_PLAIN, d->waiting_count);

	if (plain == NULL)
		return false;
	memmove(plain, plain + 1, (size_t)(d->waiting + d->waiting_count - plain - 1));
	d->waiting_count--;
	return true;
}

/* The client goes on: those were refused. */
static void drop_spoken(struct dialogue *d)
{
	while (d->waiting_count > 0 && d->waiting[0] == REQUEST_SPOKEN)
		drop_first(d, 1);
}

void dialogue_ask(struct dialogue *d, enum request request, bool crlf)
{
	drop_spoken(d);
	d->unclean |= d->alone || (!crlf && d->waiting_count > 0) ||
		      (request == REQUEST_PASSIVE && !dialogue_is_next(d, d->waiting_count));
	d->alone |= !crlf;
	if (request == REQUEST_PASSIVE && d->waiting_count == 0)
		request = REQUEST_PLACED;
	d->heard = false;
	if (d->waiting_count == REQUESTS_MAX && (request < REQUEST_AUTH || !forget_plain(d)))
		return;
	d->waiting[d->waiting_count++] = (uint8_t)request;
}

void dialogue_quiet(struct dialogue *d)
{
	uint16_t *multiline = &d->streams[FROM_SERVER].multiline;

	if (*multiline == 0 || !d->ended_oddly || dialogue_waits(d, REQUEST_FOREIGN))
		return;
	dialogue_answer(d, *multiline);
	*multiline = 0;
}

/* ---- answers ---- */

/*
 * A reply may be one too many, before that to the request for an address. A refusal is taken for its answer
 * when something waits behind it, and when the client goes on.
 */
void dialogue_answer(struct dialogue *d, uint16_t code)
{
	const bool again = d->refused;

	d->heard = true;
	d->refused = code >= REPLY_ERRORS;
	d->listing_due &= d->refused;
	if (d->waiting_count == 0)
		return;
	d->listing_due |= d->refused && again && d->waiting[0] == REQUEST_FOREIGN;
	if (!request_is_passive(d->waiting[0]) || (code >= REPLY_ERRORS && d->waiting_count > 1))
		drop_first(d, 1);
	else if (code >= REPLY_ERRORS)
		d->waiting[0] = REQUEST_SPOKEN;
}

bool dialogue_is_next(const struct dialogue *d, size_t index)
{
	return memchr(d->waiting, REQUEST_FOREIGN, index) == NULL &&
	       memchr(d->waiting, REQUEST_NAMED, index) == NULL;
}

bool dialogue_believes(const struct dialogue *d, size_t index)
{
	return !d->doubt && !d->unclean && !d->line_unsure && dialogue_is_next(d, index);
}

void dialogue_take(struct dialogue *d, size_t index)
{
	d->heard = true;
	d->refused = d->listing_due = false;
	drop_first(d, index + 1);
}
