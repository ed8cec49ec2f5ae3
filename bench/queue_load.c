/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills the queue of a program and takes the time that it needs to empty it, as JSON on one line.
 *
 *	queue_load fill ADDRESS PORT PID PACKETS ROUNDS
 *	queue_load ping ADDRESS PORT COUNT
 *
 * fill: control connections are opened. The program is stopped, segments of them are sent from a
 * raw socket (with DSCP 1: a rule behind the queue drops them, so that only the queue is measured),
 * the program goes on, and its queue is watched until it is empty. Wall clock and the program's own
 * time on a processor, per packet. The segments' text is read by a gateway as any command is.
 *
 * ping: one line and its reply at a time on one connection; the time of each.
 */
#include "client.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 64,
	BURST = 64,
	DSCP = 1,
	SEND_QUEUE = 2, /* TCP_REPAIR_QUEUE: which sequence number is asked for */
	RECEIVE_QUEUE = 1,
	WAIT_NS = 100000,
	PATIENCE = 100000, /* looks */
};

static const char text[] = "NOOP\r\n";
enum { TEXT_SIZE = sizeof(text) - 1 };

struct segment {
	struct iphdr ip;
	struct tcphdr tcp;
	char text[TEXT_SIZE];
} __attribute__((packed));

struct connection {
	int fd;
	struct segment next;
	uint32_t seq;
};

struct load {
	struct sockaddr_in service;
	struct connection connections[CONNECTIONS];
	int raw;
	pid_t pid;
};

/* ---- segments ---- */

static uint32_t add(uint32_t sum, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++)
		sum += (uint32_t)at[i] << (i % 2 == 0 ? 8 : 0);
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void sign(struct segment *s)
{
	uint32_t sum = IPPROTO_TCP + sizeof(s->tcp) + TEXT_SIZE;

	s->tcp.check = 0;
	sum = add(sum, &s->ip.saddr, 8);
	s->tcp.check = fold(add(sum, &s->tcp, sizeof(s->tcp) + TEXT_SIZE));
}

static uint32_t sequence_number(int fd, int queue)
{
	int seq;
	socklen_t size = sizeof(seq);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) < 0 ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &size) < 0)
		client_fail("TCP_QUEUE_SEQ");
	return (uint32_t)seq;
}

static void open_connection(const struct load *load, struct connection *c)
{
	const int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP;
	struct sockaddr_in local;
	socklen_t size = sizeof(local);
	uint32_t ack;

	c->fd = client_connect(&load->service);
	client_reply(c->fd, '2');
	if (getsockname(c->fd, (struct sockaddr *)&local, &size) < 0 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0)
		client_fail("TCP_REPAIR");
	c->seq = sequence_number(c->fd, SEND_QUEUE);
	ack = sequence_number(c->fd, RECEIVE_QUEUE);
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)) < 0)
		client_fail("TCP_REPAIR");
	c->next = (struct segment){
		.ip = { .version = 4, .ihl = 5, .tos = DSCP << 2, .tot_len = htons(sizeof(c->next)),
			.frag_off = htons(IP_DF), .ttl = 64, .protocol = IPPROTO_TCP,
			.saddr = local.sin_addr.s_addr, .daddr = load->service.sin_addr.s_addr },
		.tcp = { .source = local.sin_port, .dest = load->service.sin_port,
			 .ack_seq = htonl(ack), .doff = 5, .ack = 1, .psh = 1, .window = htons(500) },
	};
	memcpy(c->next.text, text, TEXT_SIZE);
}

static struct segment take_segment(struct connection *c)
{
	c->next.tcp.seq = htonl(c->seq);
	c->seq += TEXT_SIZE;
	sign(&c->next);
	return c->next;
}

static void send_segments(struct load *load, size_t packets)
{
	static struct segment segments[BURST];
	static struct mmsghdr headers[BURST];
	static struct iovec iov[BURST];
	struct sockaddr_in to = load->service;

	to.sin_port = 0;
	for (size_t sent = 0; sent < packets;) {
		unsigned int some = 0;
		int done;

		for (; some < BURST && sent + some < packets; some++) {
			segments[some] = take_segment(&load->connections[(sent + some) % CONNECTIONS]);
			iov[some] = (struct iovec){ &segments[some], sizeof(segments[some]) };
			headers[some].msg_hdr = (struct msghdr){
				.msg_name = &to, .msg_namelen = sizeof(to),
				.msg_iov = &iov[some], .msg_iovlen = 1,
			};
		}
		for (unsigned int at = 0; at < some; at += (unsigned int)done) {
			done = sendmmsg(load->raw, headers + at, some - at, 0);
			if (done <= 0)
				client_fail("sendmmsg");
		}
		sent += some;
	}
}

/* ---- the program ---- */

/* Packets that wait in all queues of the program's network namespace. */
static size_t waiting(const struct load *load)
{
	char path[64], line[256];
	size_t sum = 0, some;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/net/netfilter/nfnetlink_queue", load->pid);
	file = fopen(path, "r");
	if (file == NULL)
		client_fail(path);
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*u %*u %zu", &some) == 1)
			sum += some;
	fclose(file);
	return sum;
}

/* Reads one file of every thread of the program; visit adds to sum what it finds in it. */
static uint64_t sum_over_threads(const struct load *load, const char *name,
				 void (*visit)(FILE *file, uint64_t *sum))
{
	char path[512];
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", load->pid);
	tasks = opendir(path);
	if (tasks == NULL)
		client_fail(path);
	while ((entry = readdir(tasks)) != NULL) {
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", load->pid, entry->d_name, name);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		visit(file, &sum);
		fclose(file);
	}
	closedir(tasks);
	return sum;
}

static void add_runtime(FILE *file, uint64_t *sum)
{
	uint64_t some;

	if (fscanf(file, "%" SCNu64, &some) == 1)
		*sum += some;
}

static void count_unstopped(FILE *file, uint64_t *sum)
{
	char state = '?';

	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1 || state != 'T')
		++*sum;
}

/* Nanoseconds that all its threads have spent on a processor. */
static uint64_t processor_time(const struct load *load)
{
	return sum_over_threads(load, "schedstat", add_runtime);
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
}

static void stop(const struct load *load)
{
	kill(load->pid, SIGSTOP);
	while (sum_over_threads(load, "stat", count_unstopped) > 0)
		pause_briefly();
}

static void wait_until(const struct load *load, size_t packets)
{
	for (int looks = 0; waiting(load) != packets; looks++) {
		if (looks == PATIENCE) {
			fprintf(stderr, "queue_load: %zu packets wait, not %zu\n", waiting(load), packets);
			kill(load->pid, SIGCONT);
			exit(1);
		}
		pause_briefly();
	}
}

static void fill(struct load *load, size_t packets, bool last)
{
	uint64_t begun, taken, processor;

	wait_until(load, 0);
	stop(load);
	send_segments(load, packets);
	wait_until(load, packets);
	processor = processor_time(load);
	begun = client_now();
	kill(load->pid, SIGCONT);
	wait_until(load, 0);
	taken = client_now() - begun;
	pause_briefly(); /* the time that it runs now is added up at a tick, or when it sleeps */
	printf("{ \"ns\": %.1f, \"processor_ns\": %.1f }%s", (double)taken / (double)packets,
	       (double)(processor_time(load) - processor) / (double)packets, last ? "" : ", ");
}

static void fill_rounds(char **argv)
{
	static struct load load;
	size_t packets = strtoul(argv[5], NULL, 10);
	int rounds = atoi(argv[6]);

	load.service = client_address(argv[2], argv[3]);
	load.pid = atoi(argv[4]);
	load.raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (load.raw < 0)
		client_fail("raw socket");
	for (size_t i = 0; i < CONNECTIONS; i++)
		open_connection(&load, &load.connections[i]);
	printf("[");
	for (int i = 0; i < rounds; i++)
		fill(&load, packets, i + 1 == rounds);
	printf("]\n");
}

static void ping(char **argv)
{
	const struct sockaddr_in service = client_address(argv[2], argv[3]);
	int fd = client_connect(&service), count = atoi(argv[4]);

	client_reply(fd, '2');
	for (int i = 0; i < count / 10; i++) /* what happens only at first */
		client_say(fd, text, '2');
	printf("[");
	for (int i = 0; i < count; i++) {
		uint64_t begun = client_now();

		client_say(fd, text, '2');
		printf("%s%.1f", i == 0 ? "" : ", ", (double)(client_now() - begun) / 1000);
	}
	printf("]\n");
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "fill") == 0)
		fill_rounds(argv);
	else if (argc == 5 && strcmp(argv[1], "ping") == 0)
		ping(argv);
	else
		fprintf(stderr, "usage: queue_load fill ADDRESS PORT PID PACKETS ROUNDS\n"
				"       queue_load ping ADDRESS PORT COUNT\n");
	return 0;
}
