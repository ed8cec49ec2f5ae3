/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgd's worker on a kernel without CONFIG_NETFILTER_NETLINK_GLUE_CT, for its queue loop only.
 *
 *	worker NUMBER COUNT SERVICE
 *
 * The worker and everything under it are the daemon's own. Only what conntrack would say of a packet
 * is taken from the packet's header: queue_receive and queue_config_bind are wrapped by the linker.
 * It cannot make openings. COUNT queues from NUMBER on, each with a worker, as the daemon has them.
 */
#include "traffic/handover.h"
#include "traffic/worker.h"
#include "kernel/queue_config.h"
#include "plain_queue.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSIONS = 1000000, LENGTH = 8192, IPV4_HEADER = 20, PORTS = 4 };

static struct endpoint service;

int __wrap_queue_config_bind(uint16_t number, uint32_t length, bool fail_open);
int __wrap_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait);
int __real_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait);

int __wrap_queue_config_bind(uint16_t number, uint32_t length, bool fail_open)
{
	(void)fail_open;
	return plain_queue_bind(number, length);
}

static struct endpoint endpoint_in(const uint8_t *address, const uint8_t *port)
{
	struct in_addr addr;

	memcpy(&addr, address, sizeof(addr));
	return endpoint_from_ipv4(addr, (uint16_t)(port[0] << 8 | port[1]));
}

static void identify(struct queue_packet *p)
{
	struct endpoint source, destination;

	p->has_flow = p->length >= IPV4_HEADER + PORTS;
	if (!p->has_flow)
		return;
	source = endpoint_in(p->bytes + 12, p->bytes + IPV4_HEADER);
	destination = endpoint_in(p->bytes + 16, p->bytes + IPV4_HEADER + 2);
	p->direction = endpoint_equal(&destination, &service) ? FROM_CLIENT : FROM_SERVER;
	p->flow = (struct flow){
		.client = p->direction == FROM_CLIENT ? source : destination,
		.service = service, .server = service,
	};
	p->flow.id = p->flow.client.port * 0x9e3779b1u;
}

int __wrap_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait)
{
	int count = __real_queue_receive(q, packets, max, wait);

	for (int i = 0; i < count; i++)
		identify(&packets[i]);
	return count;
}

static struct policy *make_policy(void)
{
	struct policy *p = calloc(1, sizeof(*p) + sizeof(p->services[0]));

	if (p == NULL)
		abort();
	p->forwarding = FORWARD_CONNTRACK;
	p->openings_per_session = 8;
	p->max_line = 8192;
	p->idle_seconds = 7200;
	p->opening_seconds = 60;
	p->service_count = 1;
	p->services[0] = (struct service){ .address = service, .active = true, .fail_open = true };
	return p;
}

static int serve(struct worker_plan plan, uint16_t number)
{
	struct worker *worker; /* until the program ends */
	int error = queue_open(number, LENGTH, true, &plan.queue);

	plan.policy = make_policy();
	if (error == 0)
		error = worker_start(&plan, &worker);
	return error;
}

int main(int argc, char **argv)
{
	struct worker_plan plan = { .sessions = SESSIONS };
	uint16_t number;
	int error, count;

	if (argc != 4 || endpoint_parse(argv[3], &service) < 0) {
		fprintf(stderr, "usage: worker NUMBER COUNT SERVICE\n");
		return 2;
	}
	number = (uint16_t)atoi(argv[1]);
	count = atoi(argv[2]);
	error = log_open(LOG_LEVEL_WARNING, &plan.log);
	if (error == 0)
		error = handover_open(plan.log, number, (unsigned)count, &plan.handover);
	for (int i = 0; error == 0 && i < count; i++)
		error = serve(plan, (uint16_t)(number + i));
	if (error < 0) {
		fprintf(stderr, "worker: starting: %s\n", strerror(-error));
		return 1;
	}
	for (;;)
		pause();
}
