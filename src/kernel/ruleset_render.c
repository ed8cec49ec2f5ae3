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
	"\tchain divert {\n"
	"\t\ttype filter hook prerouting priority mangle; policy accept;\n"
	"\t}\n"
	"\tchain divert_local {\n"
	"\t\ttype filter hook output priority mangle; policy accept;\n"
	"\t}\n"
	"\tchain guard {\n"
	"\t\ttype filter hook prerouting priority mangle + 1; policy accept;\n"
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
	"flush chain inet " RULESET_TABLE " guard\n"
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
 * What the director itself sends goes through the same rules: it may be a client of its services (a health
 * check), or one of their real servers (LocalNode).
 */
static const char divert_rules[] =
	"\t\tct status expected ct helper \"" HELPER_NAME "\" accept\n"
	"\t\tmeta l4proto tcp ct original ip daddr . ct original proto-dst @services4"
	" ct state established goto control\n"
	"\t\tmeta l4proto tcp ct original ip6 daddr . ct original proto-dst @services6"
	" ct state established goto control\n"
	"\t\tct state new ip daddr . tcp dport @services4 ct helper set \"" HELPER_NAME "\"\n"
	"\t\tip6 daddr . tcp dport @services6 ct state new ct helper set \"" HELPER_NAME "\"\n";

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
	fprintf(out, "\tchain divert {\n%s\t}\n", divert_rules);
	fprintf(out, "\tchain divert_local {\n%s\t}\n", divert_rules);
	render_sync_socket(plan, out);
	if (plan->guard)
		fputs(guard_rules, out);
	fputs("}\n", out);
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
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
