/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/takeover.h"

#include "core/packet.h"
#include "kernel/conntrack.h"
#include "kernel/ipvs_connections.h"
#include "kernel/local_address.h"
#include "kernel/nflog.h"
#include "log/messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ASKED_MAX = 512,     /* connections looked up at a time, in one reading of IPVS' list */
	SERVERS_MAX = 65536, /* more are not known to the rules, and their packets pass as before */
	LOG_SECONDS = 10,    /* between two words on what was adopted */
};

/* An unknown connection: of service and server the packet has shown one. */
struct asked {
	struct endpoint client; /* first: they are sorted by it */
	struct endpoint other;
	bool from_client;
};

struct takeover {
	struct log *log;
	struct nflog *told;
	struct netlink *route;
	struct sightings servers;
	struct sightings present; /* services whose address was here at the last look */
	size_t asked_count;
	struct asked asked[ASKED_MAX];
	unsigned int adopted; /* since the log was told */
	uint64_t logged;      /* when that was, in seconds */
	bool watched;         /* a look at the addresses has been made */
	uint64_t address_came; /* the last time that one was not there before, in seconds; 0: never */
	size_t arrived_count;
	struct unseen_pair arrived[ASKED_MAX];
};

static uint64_t now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

/* ---- adoption ---- */

static struct endpoint read_endpoint(const struct packet *p, bool source)
{
	size_t at = p->ipv6 ? (source ? 8 : 24) : (source ? 12 : 16);
	const uint8_t *port = p->bytes + p->tcp + (source ? 0 : 2);
	uint16_t number = (uint16_t)(port[0] << 8 | port[1]);
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (p->ipv6) {
		memcpy(&ipv6, p->bytes + at, sizeof(ipv6));
		return endpoint_from_ipv6(&ipv6, number);
	}
	memcpy(&ipv4, p->bytes + at, sizeof(ipv4));
	return endpoint_from_ipv4(ipv4, number);
}

struct reading {
	struct takeover *t;
	const struct policy *policy;
};

static void see_packet(const uint8_t *bytes, size_t size, void *data)
{
	const struct reading *r = data;
	struct endpoint source, destination;
	struct packet p;
	bool from_client;

	if (r->t->asked_count == ASKED_MAX || packet_parse(bytes, size, &p) < 0)
		return;
	source = read_endpoint(&p, true);
	destination = read_endpoint(&p, false);
	from_client = policy_find(r->policy, &destination) != NULL;
	r->t->asked[r->t->asked_count++] = (struct asked){
		.client = from_client ? source : destination,
		.other = from_client ? destination : source,
		.from_client = from_client,
	};
}

struct lookup {
	struct takeover *t;
	const struct policy *policy;
	struct netlink *nl;
};

static bool is_asked_for(const struct asked *a, const struct ipvs_connection *c)
{
	return endpoint_equal(&a->client, &c->client) &&
	       endpoint_equal(&a->other, a->from_client ? &c->service : &c->server);
}

static bool has(const struct sightings *s, const struct endpoint *e)
{
	return s->count > 0 && bsearch(e, s->list, s->count, sizeof(*e), endpoint_compare) != NULL;
}

/* An address that has come since the last look brings its connections along, too. */
static bool came_with_address(const struct takeover *t, const struct endpoint *service)
{
	return !has(&t->present, service) ||
	       (t->address_came != 0 && now_seconds() - t->address_came < TAKEOVER_ARRIVAL_SECONDS);
}

static void adopt(struct takeover *t, struct netlink *nl, const struct flow *flow)
{
	if (conntrack_adopt(nl, flow) < 0)
		return;
	t->adopted++;
	if (t->arrived_count < ASKED_MAX && came_with_address(t, &flow->service))
		t->arrived[t->arrived_count++] = (struct unseen_pair){ flow->client, flow->service };
}

/* A connection made anew meanwhile has its entry, and no other one is made. */
static void see_connection(const struct ipvs_connection *c, void *data)
{
	const struct lookup *l = data;
	const struct asked *a = bsearch(&c->client, l->t->asked, l->t->asked_count, sizeof(*a),
					endpoint_compare);
	const struct flow flow = {
		.client = c->client,
		.service = c->service,
		.server = c->server,
		.has_helper = true,
	};

	if (a == NULL || !c->established || policy_find(l->policy, &c->service) == NULL)
		return;
	while (a > l->t->asked && endpoint_equal(&a[-1].client, &c->client))
		a--;
	for (; a < l->t->asked + l->t->asked_count && endpoint_equal(&a->client, &c->client); a++)
		if (is_asked_for(a, c)) {
			adopt(l->t, l->nl, &flow);
			return;
		}
}

static void tell_adopted(struct takeover *t)
{
	uint64_t now = now_seconds();

	if (t->adopted == 0 || (t->logged != 0 && now - t->logged < LOG_SECONDS))
		return;
	log_message(t->log, LOG_ADOPTED, t->adopted);
	t->adopted = 0;
	t->logged = now;
}

size_t takeover_adopt(struct takeover *t, const struct policy *policy, struct netlink *nl,
		      const struct unseen_pair **arrived)
{
	struct reading reading = { t, policy };
	struct lookup lookup = { t, policy, nl };

	t->asked_count = t->arrived_count = 0;
	*arrived = t->arrived;
	if (nflog_read(t->told, ASKED_MAX, see_packet, &reading) < 0 || t->asked_count == 0)
		return 0;
	qsort(t->asked, t->asked_count, sizeof(t->asked[0]), endpoint_compare);
	if (ipvs_connections(see_connection, &lookup) == 0)
		tell_adopted(t);
	return t->arrived_count;
}

/* ---- leaving ---- */

static void forget(struct takeover *t, const struct endpoint *service, struct netlink *nl)
{
	char address[ENDPOINT_TEXT_MAX];
	int count = conntrack_forget(nl, service);

	if (count < 0)
		log_message(t->log, LOG_UNFORGOTTEN, endpoint_format(service, address), strerror(-count));
	else if (count > 0)
		log_message(t->log, LOG_FORGOTTEN, endpoint_format(service, address), (unsigned)count);
}

void takeover_watch(struct takeover *t, const struct policy *policy, struct netlink *nl)
{
	struct sightings present = { 0 };
	int error = 0;

	for (size_t i = 0; error == 0 && i < policy->service_count; i++) {
		const struct endpoint *service = &policy->services[i].address;
		int here = local_address(t->route, service);

		if (here == 0 && has(&t->present, service))
			forget(t, service, nl);
		if (here > 0 && t->watched && !has(&t->present, service))
			t->address_came = now_seconds();
		/* Who could not be asked is taken for unchanged. */
		if (here > 0 || (here < 0 && has(&t->present, service)))
			error = sightings_add(&present, service, SERVERS_MAX);
	}
	sightings_settle(&present);
	sightings_free(&t->present);
	t->present = present;
	t->watched = true;
	tell_adopted(t);
}

/* ---- real servers ---- */

struct search {
	struct sightings servers;
	uint16_t port; /* of the service: a real server with port 0 has the same */
};

static int add_server(const struct endpoint *server, bool masquerading, void *data)
{
	struct search *s = data;
	struct endpoint e = *server;

	if (e.port == 0)
		e.port = s->port;
	return masquerading ? sightings_add(&s->servers, &e, SERVERS_MAX) : 0;
}

int takeover_servers_of(struct ipvs *ipvs, const struct policy *policy, struct sightings *out)
{
	struct search search = { .port = 0 };
	int error = 0;

	for (size_t i = 0; error == 0 && i < policy->service_count; i++) {
		const struct ipvs_service service = { .address = policy->services[i].address };

		search.port = service.address.port;
		error = ipvs_servers(ipvs, &service, add_server, &search);
		if (error == -ESRCH || error == -ENOENT)
			error = 0; /* not in IPVS now */
	}
	if (error < 0) {
		sightings_free(&search.servers);
		return error;
	}
	sightings_settle(&search.servers);
	*out = search.servers;
	return 0;
}

int takeover_find_servers(struct takeover *t, struct ipvs *ipvs, const struct policy *policy)
{
	struct sightings found;
	int error = takeover_servers_of(ipvs, policy, &found);
	bool same;

	if (error < 0)
		return error;
	error = sightings_keep(&found, &t->servers, SERVERS_MAX, now_seconds());
	if (error < 0) {
		sightings_free(&found);
		return error;
	}
	same = sightings_equal(&found, &t->servers);
	sightings_free(&t->servers);
	t->servers = found;
	return !same;
}

const struct sightings *takeover_servers(const struct takeover *t)
{
	return &t->servers;
}

/* ---- life ---- */

int takeover_open(uint16_t group, struct log *log, struct takeover **out)
{
	struct takeover *t = calloc(1, sizeof(*t));
	int error;

	if (t == NULL)
		return -ENOMEM;
	t->log = log;
	error = netlink_open(NETLINK_ROUTE, &t->route);
	if (error < 0) {
		takeover_close(t);
		return error;
	}
	error = nflog_open(group, &t->told);
	if (error < 0)
		log_message(log, LOG_UNTOLD, group, strerror(-error));
	*out = t;
	return 0;
}

void takeover_close(struct takeover *t)
{
	if (t == NULL)
		return;
	nflog_close(t->told);
	netlink_close(t->route);
	sightings_free(&t->servers);
	sightings_free(&t->present);
	free(t);
}

int takeover_fd(const struct takeover *t)
{
	return t->told == NULL ? -1 : nflog_fd(t->told);
}
