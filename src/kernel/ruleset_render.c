/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>

#include "kernel/helper.h"
#include "kernel/ipvs.h"
#include "kernel/ruleset.h"

/* The same as in etc/ftpalgd.nft: what is loaded at boot must not stand in the way later. */
static const char declarations[] =
	"table inet " RULESET_TABLE " {\n"
	"\tset services4 {\n"
	"\t\ttype ipv4_addr . inet_service\n"
	"\t}\n"
	"\tset services6 {\n"
	"\t\ttype ipv6_addr . inet_service\n"
	"\t}\n"
	"\tset servers4 {\n"
	"\t\ttype ipv4_addr . inet_service\n"
	"\t}\n"
	"\tset servers6 {\n"
	"\t\ttype ipv6_addr . inet_service\n"
	"\t}\n"
	"\tset asked4 {\n"
	"\t\ttype ipv4_addr . inet_service . ipv4_addr . inet_service\n"
	"\t\tsize 65535\n"
	"\t\tflags dynamic,timeout\n"
	"\t\ttimeout 10s\n"
	"\t}\n"
	"\tset asked6 {\n"
	"\t\ttype ipv6_addr . inet_service . ipv6_addr . inet_service\n"
	"\t\tsize 65535\n"
	"\t\tflags dynamic,timeout\n"
	"\t\ttimeout 10s\n"
	"\t}\n"
	"\tset adjusted {\n"
	"\t\ttypeof ct id\n"
	"\t}\n"
	"\tset passive4 {\n"
	"\t\ttype ipv4_addr . inet_service\n"
	"\t\tflags interval\n"
	"\t}\n"
	"\tset passive6 {\n"
	"\t\ttype ipv6_addr . inet_service\n"
	"\t\tflags interval\n"
	"\t}\n"
	"\tchain control {\n"
	"\t}\n"
	"\tchain ask {\n"
	"\t}\n"
	"\tchain adopt {\n"
	"\t}\n"
	"\tchain divert {\n"
	"\t\ttype filter hook prerouting priority mangle; policy accept;\n"
	"\t}\n"
	"\tchain divert_local {\n"
	"\t\ttype filter hook output priority mangle; policy accept;\n"
	"\t}\n"
	"\tchain guard {\n"
	"\t\ttype filter hook prerouting priority mangle + 1; policy accept;\n"
	"\t}\n"
	"\tchain untrack {\n"
	"\t\ttype filter hook input priority 90; policy accept;\n"
	"\t}\n"
	"\tchain sync_socket {\n"
	"\t\ttype filter hook output priority filter; policy accept;\n"
	"\t}\n"
	"\tchain alter_destination {\n"
	"\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
	"\t}\n"
	"\tchain alter_source {\n"
	"\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	"\t}\n"
	"}\n";

static const char replacement[] =
	"table inet " RULESET_TABLE "\n"
	"delete table inet " RULESET_TABLE "\n";

/*
 * Sets of ranges are deleted and declared anew: emptying one of 4096 and filling it again in the same
 * transaction takes the kernel 3 s, a new one 0.2 s (measured on 6.18).
 */
static const char emptying[] =
	"flush chain inet " RULESET_TABLE " control\n"
	"flush chain inet " RULESET_TABLE " divert\n"
	"flush chain inet " RULESET_TABLE " divert_local\n"
	"flush chain inet " RULESET_TABLE " adopt\n"
	"flush chain inet " RULESET_TABLE " ask\n"
	"flush chain inet " RULESET_TABLE " guard\n"
	"flush chain inet " RULESET_TABLE " untrack\n"
	"flush chain inet " RULESET_TABLE " sync_socket\n"
	"flush set inet " RULESET_TABLE " services4\n"
	"flush set inet " RULESET_TABLE " services6\n"
	"delete set inet " RULESET_TABLE " passive4\n"
	"delete set inet " RULESET_TABLE " passive6\n";

static const char helper_object[] =
	"\tct helper " HELPER_NAME " {\n"
	"\t\ttype \"" HELPER_NAME "\" protocol tcp\n"
	"\t}\n";

/*
 * Only what conntrack has confirmed may be queued, hence established. Every packet that the director
 * forwards goes through these rules: those of data connections leave them first, and of the rest comes first
 * what most packets fail. What another helper has foretold may be a control connection.
 *
 * No text may reach a server with a SYN (RFC 7413), which may not be queued: the client sends it again without.
 */
static const char divert_rules[] =
	"\tchain divert {\n"
	"\t\tct status expected ct helper \"" HELPER_NAME "\" accept\n"
	"\t\tmeta l4proto tcp ct original ip daddr . ct original proto-dst @services4"
	" ct state established goto control\n"
	"\t\tmeta l4proto tcp ct original ip6 daddr . ct original proto-dst @services6"
	" ct state established goto control\n"
	"\t\tmeta l4proto tcp ct state new tcp flags & (syn | rst) == 0 jump adopt\n"
	"\t\ttcp flags & (syn | ack) == syn ip daddr . tcp dport @services4 @ih,0,8 0-255 drop\n"
	"\t\ttcp flags & (syn | ack) == syn ip6 daddr . tcp dport @services6 @ih,0,8 0-255 drop\n"
	"\t\tct state new ip daddr . tcp dport @services4 ct helper set \"" HELPER_NAME "\"\n"
	"\t\tip6 daddr . tcp dport @services6 ct state new ct helper set \"" HELPER_NAME "\"\n"
	"\t}\n";

/*
 * What the director itself sends: as a client of its services (a health check), to the virtual address still, or
 * as one of their real servers (LocalNode), in reply. What IPVS has translated comes through the same hook on its
 * way to a real server, and has been diverted before.
 */
static const char divert_local_rules[] =
	"\tchain divert_local {\n"
	"\t\tct status expected ct helper \"" HELPER_NAME "\" accept\n"
	"\t\tip daddr . tcp dport @services4 ct state established goto control\n"
	"\t\tip6 daddr . tcp dport @services6 ct state established goto control\n"
	"\t\tmeta l4proto tcp ct direction reply ct original ip daddr . ct original proto-dst @services4"
	" ct state established goto control\n"
	"\t\tmeta l4proto tcp ct direction reply ct original ip6 daddr . ct original proto-dst @services6"
	" ct state established goto control\n"
	"\t\tct state new ip daddr . tcp dport @services4 ct helper set \"" HELPER_NAME "\"\n"
	"\t\tip6 daddr . tcp dport @services6 ct state new ct helper set \"" HELPER_NAME "\"\n"
	"\t}\n";

/*
 * What conntrack does not know begins without a handshake: the director has taken over, or lost its entry. As
 * the first packet would have it, the entry could be the wrong way round, and without a helper.
 */
static const char adopt_rules[] =
	"\tchain adopt {\n"
	"\t\tip daddr . tcp dport @services4 goto ask\n"
	"\t\tip saddr . tcp sport @servers4 goto ask\n"
	"\t\tip6 daddr . tcp dport @services6 goto ask\n"
	"\t\tip6 saddr . tcp sport @servers6 goto ask\n"
	"\t}\n";

/*
 * Told and dropped once: what is sent again belongs to an entry by then, or passes as it would without us. So does
 * what comes faster than it can be asked.
 */
#define ASK_RATE "limit rate 500/second burst 500 packets"
#define TUPLE(ip) ip " saddr . tcp sport . " ip " daddr . tcp dport"

static void render_ask(const struct ruleset_plan *plan, FILE *out)
{
	fputs("\tchain ask {\n"
	      "\t\t" TUPLE("ip") " @asked4 return\n"
	      "\t\t" TUPLE("ip6") " @asked6 return\n", out);
	fprintf(out, "\t\t" ASK_RATE " add @asked4 { " TUPLE("ip") " } log group %u drop\n", plan->log_group);
	fprintf(out, "\t\t" ASK_RATE " add @asked6 { " TUPLE("ip6") " } log group %u drop\n", plan->log_group);
	fputs("\t}\n", out);
}

/*
 * A director to which a connection returns has an entry of its own from before, in whose window the packet is
 * not: it is invalid, and comes here without an entry. IPVS knows it all the same, and sends it on; then conntrack
 * would take it for a new connection, and where a nat chain is loaded, as ours are, give it another
 * source port, for the old entry holds its own: the real server resets it. So for every service of IPVS.
 * Behind the filters of others, and before IPVS (98).
 */
static const char untrack_rules[] =
	"\tchain untrack {\n"
	"\t\tmeta l4proto tcp ct state invalid notrack\n"
	"\t}\n";

static void render_socket(const struct ruleset_plan *plan, const struct endpoint *group, FILE *out)
{
	char address[INET6_ADDRSTRLEN];

	fprintf(out, "\t\t%s daddr %s udp dport %u meta skuid != ", endpoint_is_ipv4(group) ? "ip" : "ip6",
		endpoint_format_address(group, address), group->port);
	if (plan->user == 0)
		fputs("0 drop\n", out);
	else
		fprintf(out, "{ 0, %u } drop\n", plan->user);
}

/* The kernel's own master thread has no user, and passes. */
static void render_sync_socket(const struct ruleset_plan *plan, FILE *out)
{
	const struct in_addr ipv4 = { htonl(IPVS_SYNC_GROUP) };
	const struct endpoint usual = endpoint_from_ipv4(ipv4, IPVS_SYNC_PORT);

	fputs("\tchain sync_socket {\n", out);
	render_socket(plan, &usual, out);
	if (plan->sync_group.port != 0 && !endpoint_equal(&plan->sync_group, &usual))
		render_socket(plan, &plan->sync_group, out);
	fputs("\t}\n", out);
}

/* A connection foretold by another helper is no better than a new one. */
static const char guard_rules[] =
	"\tchain guard {\n"
	"\t\tct state related ct helper \"" HELPER_NAME "\" accept\n"
	"\t\ttcp flags & (fin | syn | rst | ack) == syn ct state { new, related }"
	" ip daddr . tcp dport @passive4 drop\n"
	"\t\ttcp flags & (fin | syn | rst | ack) == syn ct state { new, related }"
	" ip6 daddr . tcp dport @passive6 drop\n"
	"\t}\n";

/*
 * Without a seed the kernel draws one for each rule: bare acknowledgements would go to another
 * queue than the text, and all sessions to another one with every reload.
 */
#define QUEUE_SEED 0x66747061

static void render_queue(const struct ruleset_plan *plan, const char *match, FILE *out)
{
	if (plan->queue_count == 1)
		fprintf(out, "\t\t%s queue flags bypass to %u\n", match, plan->queue_first);
	else
		fprintf(out,
			"\t\t%s queue flags bypass to"
			" jhash ct original proto-src mod %u seed 0x%x offset %u\n",
			match, plan->queue_count, QUEUE_SEED, plan->queue_first);
}

/*
 * Segments that carry payload (they have a first byte), the server's handshake (before conntrack has
 * seen the client's answer to it, so that nobody else can say that a session begins anew), and the
 * ends. Of adjusted sessions, everything.
 */
static void render_rules(const struct ruleset_plan *plan, FILE *out)
{
	fputs("table inet " RULESET_TABLE " {\n", out);
	fputs(helper_object, out);
	fputs("\tchain control {\n", out);
	render_queue(plan, "@ih,0,8 0-255", out);
	render_queue(plan, "tcp flags & (fin | rst) != 0", out);
	render_queue(plan, "tcp flags & (syn | ack) == syn | ack ct status & assured != assured", out);
	render_queue(plan, "ct id @adjusted tcp flags & syn != syn", out);
	fputs("\t}\n", out);
	if (plan->adopt) {
		render_ask(plan, out);
		fputs(adopt_rules, out);
	}
	fputs(divert_rules, out);
	fputs(divert_local_rules, out);
	fputs(untrack_rules, out);
	render_sync_socket(plan, out);
	if (plan->guard)
		fputs(guard_rules, out);
	fputs("}\n", out);
}

static void render_server(const struct endpoint *server, FILE *out)
{
	char address[INET6_ADDRSTRLEN];

	fprintf(out, "add element inet " RULESET_TABLE " servers%c { %s . %u }\n",
		endpoint_is_ipv4(server) ? '4' : '6', endpoint_format_address(server, address),
		server->port);
}

void ruleset_render_servers(const struct endpoint *servers, size_t count, FILE *out)
{
	fputs("flush set inet " RULESET_TABLE " servers4\n"
	      "flush set inet " RULESET_TABLE " servers6\n", out);
	for (size_t i = 0; i < count; i++)
		render_server(&servers[i], out);
}

static void render_service(const struct service *service, FILE *out)
{
	char address[INET6_ADDRSTRLEN];

	fprintf(out, "add element inet " RULESET_TABLE " services%c { %s . %u }\n",
		endpoint_is_ipv4(&service->address) ? '4' : '6',
		endpoint_format_address(&service->address, address), service->address.port);
}

static void render_passive(const struct service *service, FILE *out)
{
	char address[INET6_ADDRSTRLEN];

	if (service->passive_ports.first == 0)
		return;
	fprintf(out, "add element inet " RULESET_TABLE " passive%c { %s . %u-%u }\n",
		endpoint_is_ipv4(&service->address) ? '4' : '6',
		endpoint_format_address(&service->address, address), service->passive_ports.first,
		service->passive_ports.last);
}

int ruleset_render(const struct ruleset_plan *plan, FILE *out)
{
	if (plan->fresh)
		fputs(replacement, out);
	fputs(declarations, out);
	if (!plan->fresh) {
		fputs(emptying, out);
		fputs(declarations, out);
	}
	render_rules(plan, out);
	for (size_t i = 0; i < plan->service_count; i++) {
		render_service(&plan->services[i], out);
		render_passive(&plan->services[i], out);
	}
	ruleset_render_servers(plan->servers, plan->server_count, out);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
