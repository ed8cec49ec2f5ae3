/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openings ipvs|conntrack 4|6 COUNT: what the daemon does for a session, step by step, without
 * FTP; then real connections, made as soon as the kernel is said to be ready.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/expectation.h"
#include "kernel/helper.h"
#include "kernel/ipvs.h"
#include "kernel/ipvs_sync.h"
#include "kernel/queue.h"
#include "kernel/ruleset.h"
#include "place.h"

#define QUEUE_FIRST  2100
#define QUEUES       2
#define PASSIVE_PORT 50000
#define SERVER_PORT  40000

struct lab {
	bool ipvs;
	struct endpoint vip, client, servers[2];
	struct netlink *nl;
	struct ruleset *ruleset;
	struct queue *queues[QUEUES];
	struct ipvs *family;
	struct ipvs_sync *sync;
	int control[2]; /* client's end, server's end */
	struct flow flow;
	enum place server;
};

static long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void must(int result, const char *what)
{
	expect_true(result >= 0, "%s: %s", what, strerror(-result));
}

static void set_addresses(struct lab *lab, bool ipv4)
{
	lab->vip = place_at(ipv4 ? "192.0.2.10:21" : "[2001:db8::10]:21");
	lab->client = place_at(ipv4 ? "198.51.100.2:1" : "[2001:db8:1::2]:1");
	lab->servers[0] = place_at(ipv4 ? "10.0.0.2:21" : "[fd00::2]:21");
	lab->servers[1] = place_at(ipv4 ? "10.0.0.3:21" : "[fd00::3]:21");
}

static void load_ruleset(struct lab *lab)
{
	const struct service service = {
		.address = lab->vip,
		.passive_ports = { PASSIVE_PORT, PASSIVE_PORT + 999 },
	};
	const struct ruleset_plan plan = {
		.services = &service,
		.service_count = 1,
		.queue_first = QUEUE_FIRST,
		.queue_count = QUEUES,
		.guard = true,
		.fresh = true,
	};

	must(ruleset_open(&lab->ruleset), "ruleset_open");
	expect_true(ruleset_apply(lab->ruleset, &plan) == 0, "ruleset_apply: %s",
		    ruleset_error(lab->ruleset));
}

static void start_sync(struct lab *lab)
{
	struct ipvs_thread backup;
	int err;

	must(ipvs_open(&lab->family), "ipvs_open");
	err = ipvs_backup_get(lab->family, &backup);
	if (err == -ESRCH) {
		must(ipvs_backup_start(lab->family, &(struct ipvs_thread){ .interface = "lo", .id = 7 }), "ipvs_backup_start");
		err = ipvs_backup_get(lab->family, &backup);
	}
	must(err, "ipvs_backup_get");
	must(ipvs_sync_open(&backup, &lab->sync), "ipvs_sync_open");
}

static void start(struct lab *lab)
{
	const struct helper_policy policy = { 8, 60 };

	must(netlink_open(NETLINK_NETFILTER, &lab->nl), "netlink_open");
	must(helper_register(lab->nl, &policy), "helper_register");
	load_ruleset(lab);
	for (uint16_t i = 0; i < QUEUES; i++)
		must(queue_open((uint16_t)(QUEUE_FIRST + i), 1024, true, &lab->queues[i]),
		     "queue_open");
	start_sync(lab);
}

#define FIRST_PACKET_MS 10000
#define SILENCE_MS      200

/* Accepts what comes until silence follows; keeps the flow. Returns the number of packets. */
static int pump(struct lab *lab)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	struct pollfd polled[QUEUES];
	int seen = 0, n;

	for (int q = 0; q < QUEUES; q++)
		polled[q] = (struct pollfd){ .fd = queue_fd(lab->queues[q]), .events = POLLIN };
	while (poll(polled, QUEUES, seen ? SILENCE_MS : FIRST_PACKET_MS) > 0) {
		for (int q = 0; q < QUEUES; q++) {
			n = queue_receive(lab->queues[q], packets, QUEUE_BATCH_MAX, false);
			must(n, "queue_receive");
			for (int i = 0; i < n; i++) {
				expect_true(packets[i].has_flow, "packet without flow");
				lab->flow = packets[i].flow;
				must(queue_accept(lab->queues[q], packets[i].id), "queue_accept");
			}
			seen += n;
			must(queue_flush(lab->queues[q]), "queue_flush");
		}
	}
	return seen;
}

static void check_flow(const struct lab *lab)
{
	char text[3][ENDPOINT_TEXT_MAX];

	printf("flow %s > %s > %s id %08x\n", endpoint_format(&lab->flow.client, text[0]),
	       endpoint_format(&lab->flow.service, text[1]),
	       endpoint_format(&lab->flow.server, text[2]), lab->flow.id);
	expect_true(endpoint_equal(&lab->flow.service, &lab->vip), "the flow has another service");
	expect_true(endpoint_same_address(&lab->flow.client, &lab->client),
		    "the flow has another client");
	expect_true(endpoint_equal(&lab->flow.server, &lab->servers[lab->server - PLACE_RS1]),
		    "the flow has another server");
	expect_true(lab->flow.has_helper, "the flow has no helper");
}

static void open_control(struct lab *lab)
{
	struct endpoint peer;
	const int listeners[2] = { place_listen(PLACE_RS1, &lab->servers[0]),
				   place_listen(PLACE_RS2, &lab->servers[1]) };

	lab->control[0] = place_begin_connect(PLACE_CLIENT, NULL, &lab->vip);
	expect_true(pump(lab) > 0, "the server's handshake did not come");
	lab->control[0] = place_finish_connect(lab->control[0]);
	must(lab->control[0], "control connection");
	lab->server = PLACE_RS1;
	lab->control[1] = place_accept(listeners[0], 500, &peer);
	if (lab->control[1] < 0) {
		lab->server = PLACE_RS2;
		lab->control[1] = place_accept(listeners[1], 500, &peer);
	}
	must(lab->control[1], "control connection at the server");
	close(listeners[0]);
	close(listeners[1]);
	expect_true(send(lab->control[0], "PASV\r\n", 6, 0) == 6, "send");
	expect_true(pump(lab) > 0, "no packet came for a command");
	check_flow(lab);
	expect_true(send(lab->control[1], "227 \r\n", 6, 0) == 6, "send");
	expect_true(pump(lab) > 0, "no packet came for a reply");
}

static struct endpoint server_at(const struct lab *lab, uint16_t port)
{
	return place_at_port(lab->servers[lab->server - PLACE_RS1], port);
}

static int polls, polls_max;
static long waited, waited_max;

static void settle(struct lab *lab, const struct ipvs_entry *entry)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct pollfd echo = { .fd = ipvs_sync_fd(lab->sync), .events = POLLIN };
	const long since = microseconds();
	uint64_t ticket;
	int settled, looks = 0;

	must(ipvs_sync_send(lab->sync, entry, 1, &ticket), "ipvs_sync_send");
	for (;;) {
		settled = ipvs_sync_settled(lab->sync, ticket);
		must(settled, "ipvs_sync_settled");
		looks++;
		if (settled)
			break;
		ppoll(&echo, 1, &pause, NULL);
	}
	polls += looks;
	waited += microseconds() - since;
	if (looks > polls_max)
		polls_max = looks;
	if (microseconds() - since > waited_max)
		waited_max = microseconds() - since;
}

static void passive_opening(struct lab *lab, uint16_t port, uint16_t server_port)
{
	const struct endpoint listening = server_at(lab, server_port);
	const struct endpoint shown = place_at_port(lab->vip, port);
	const int listener = place_listen(lab->server, &listening);
	struct expectation e = lab->ipvs
		? expectation_passive(&lab->flow, port)
		: expectation_passive_altered(&lab->flow, port, server_port);
	const struct ipvs_entry entry = ipvs_entry_passive(&lab->flow, port, server_port, 60);
	struct endpoint peer;
	int client, server;

	must(expectation_add(lab->nl, &lab->flow, &e), "expectation_add");
	if (lab->ipvs)
		settle(lab, &entry);
	client = place_connect(PLACE_CLIENT, NULL, &shown);
	expect_true(client >= 0, "passive connection to port %u: %s", port, strerror(-client));
	server = place_accept(listener, 10000, &peer);
	must(server, "passive connection at the server");
	expect_true(endpoint_same_address(&peer, &lab->client), "it comes from elsewhere");
	expect_true(place_exchange(client, server), "no data goes through");
	close(client);
	close(server);
	close(listener);
}

static void passive_openings(struct lab *lab, int count)
{
	const long since = microseconds();

	polls = polls_max = 0;
	waited = waited_max = 0;
	for (int i = 0; i < count; i++)
		passive_opening(lab, (uint16_t)(PASSIVE_PORT + i % 1000),
				(uint16_t)(SERVER_PORT + i % 1000));
	printf("%d passive openings, %ld us each", count, (microseconds() - since) / count);
	if (lab->ipvs)
		printf(", settled in %ld us (at most %ld), %d looks (at most %d)", waited / count,
		       waited_max, polls, polls_max);
	printf("\n");
}

static void active_opening(struct lab *lab, uint16_t port, uint16_t source_port)
{
	const struct endpoint shown = place_at_port(lab->client, port);
	const struct endpoint source = server_at(lab, source_port);
	const struct expectation e = expectation_active(&lab->flow, port);
	const struct ipvs_entry entry = ipvs_entry_active(&lab->flow, port, 60);
	const int listener = place_listen(PLACE_CLIENT, &shown);
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint peer;
	int client, server;

	must(expectation_add(lab->nl, &lab->flow, &e), "expectation_add");
	if (lab->ipvs)
		settle(lab, &entry);
	server = place_connect(lab->server, &source, &shown);
	expect_true(server >= 0, "active connection from port %u: %s", source_port,
		    strerror(-server));
	client = place_accept(listener, 10000, &peer);
	must(client, "active connection at the client");
	printf("active from port %u: the client sees %s\n", source_port,
	       endpoint_format(&peer, text));
	expect_true(endpoint_same_address(&peer, &lab->vip), "it does not come from the service");
	expect_true(source_port != 20 || peer.port == 20, "it does not come from port 20");
	expect_true(place_exchange(client, server), "no data goes through");
	close(client);
	close(server);
	close(listener);
}

static void check_guard(struct lab *lab)
{
	const struct endpoint shown = place_at_port(lab->vip, PASSIVE_PORT + 500);
	const struct endpoint other = place_at_port(lab->vip, PASSIVE_PORT + 1000);

	expect_true(place_connect(PLACE_CLIENT, NULL, &shown) == -ETIMEDOUT,
		    "the guard lets a connection through that nobody expects");
	expect_true(place_connect(PLACE_CLIENT, NULL, &other) == -ECONNREFUSED,
		    "the guard touches ports outside the range");
}

int main(int argc, char **argv)
{
	struct lab lab = { .ipvs = argc > 1 && strcmp(argv[1], "ipvs") == 0 };

	place_init();
	expect_true(argc == 4, "openings ipvs|conntrack 4|6 COUNT");
	set_addresses(&lab, strcmp(argv[2], "4") == 0);
	start(&lab);
	open_control(&lab);
	passive_openings(&lab, atoi(argv[3]));
	/* Other ports than the run before this one: its connections are still in conntrack. */
	active_opening(&lab, lab.ipvs ? 3000 : 3100, 20);
	active_opening(&lab, lab.ipvs ? 3001 : 3101, 45678);
	check_guard(&lab);
	return 0;
}
