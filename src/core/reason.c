/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/reason.h"

#include <assert.h>

static const struct {
	const char *name;
	const char *text;
} reasons[] = {
	[REASON_PACKET_MALFORMED] = { "packet_malformed", "a packet whose headers cannot be read; dropped" },
	[REASON_PACKET_TRUNCATED] = { "packet_truncated", "a packet is too large for the queue" },
	[REASON_SERVICE_UNKNOWN] = { "service_unknown", "a packet of a virtual service that is not ours" },
	[REASON_OUT_OF_ORDER] = { "out_of_order", "a segment came before the one it follows" },
	[REASON_OUT_OF_WINDOW] = { "out_of_window", "a packet far from its connection's sequence numbers, dropped" },
	[REASON_LINE_TOO_LONG] = { "line_too_long", "a control line is over the limit" },
	[REASON_REPLY_MALFORMED] = { "reply_malformed", "a passive reply names no usable port" },
	[REASON_REPLY_UNSOLICITED] = { "reply_unsolicited", "a passive reply that nobody asked for" },
	[REASON_REPLY_DOUBTFUL] = { "reply_doubtful", "a passive reply that another may have written; name the server's range" },
	[REASON_SESSION_DOUBTFUL] = { "session_doubtful", "a client's words that servers read differently" },
	[REASON_COMMAND_MALFORMED] = { "command_malformed", "PORT or EPRT names no usable endpoint" },
	[REASON_ADDRESS_FOREIGN] = { "address_foreign", "PORT or EPRT names another host" },
	[REASON_FAMILY_WRONG] = { "family_wrong", "an address of the other family" },
	[REASON_PORT_PRIVILEGED] = { "port_privileged", "a data port below 1024" },
	[REASON_PORT_CLOSED] = { "port_closed", "a port outside the server's range, closed, or of another service" },
	[REASON_ACTIVE_REFUSED] = { "active_refused", "active mode is off for this service" },
	[REASON_OPENINGS_LIMIT] = { "openings_limit", "too many unused openings in one session" },
	[REASON_CLIENT_OPENINGS] = { "client_openings", "too many unused openings of one client address: its oldest one was closed" },
	[REASON_CLIENT_SESSIONS] = { "client_sessions", "too many sessions of one client address: its own oldest one made room" },
	[REASON_PORTS_EXHAUSTED] = { "ports_exhausted", "no free port in the passive range" },
	[REASON_OPENING_FAILED] = { "opening_failed", "the kernel refused an opening" },
	[REASON_OPENING_HALVED] = { "opening_halved", "the kernel refused a part of an opening, the rest carries it" },
	[REASON_HELPER_MISSING] = { "helper_missing", "a session older than the conntrack helper" },
	[REASON_SPLICES_EXHAUSTED] = { "splices_exhausted", "no memory left for unfinished lines" },
	[REASON_SESSION_EVICTED] = { "session_evicted", "the oldest session made room for a new one" },
	[REASON_TLS_REFUSED] = { "tls_refused", "AUTH was refused by configuration" },
};

static_assert(sizeof(reasons) / sizeof(reasons[0]) == REASONS, "every reason has its texts");
static_assert(REASONS <= 32, "a reason_set holds every reason");

const char *reason_name(enum reason r)
{
	return reasons[r].name;
}

const char *reason_text(enum reason r)
{
	return reasons[r].text;
}
