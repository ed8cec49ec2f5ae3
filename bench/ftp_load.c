/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FTP sessions, one after the other, as JSON on one line.
 *
 *	ftp_load ADDRESS PORT SESSIONS TRANSFERS NAME
 *
 * A session connects, logs in, makes that many passive downloads of NAME, and quits. The time from
 * PASV to its reply is taken for each, and that of the transfers from their data connection on.
 */
#include "client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct load {
	struct sockaddr_in service;
	char retrieve[256];
	uint64_t bytes;
	uint64_t transfer_ns;
	uint64_t *latencies;
	size_t latency_count;
};

static void drain(struct load *load, int data)
{
	static char chunk[262144];
	ssize_t got;

	while ((got = recv(data, chunk, sizeof(chunk), 0)) > 0)
		load->bytes += (uint64_t)got;
	if (got < 0)
		client_fail("data");
	close(data);
}

static void transfer(struct load *load, int control)
{
	uint64_t asked = client_now(), begun;
	struct sockaddr_in announced = client_passive(control);
	int data;

	load->latencies[load->latency_count++] = client_now() - asked;
	begun = client_now();
	data = client_connect(&announced);
	/* The end of a short transfer may come in one piece with its beginning. */
	if (send(control, load->retrieve, strlen(load->retrieve), MSG_NOSIGNAL) < 0)
		client_fail("send");
	drain(load, data);
	load->transfer_ns += client_now() - begun;
	if (strstr(client_reply(control, '1'), "\n226") == NULL)
		client_reply(control, '2');
}

static void session(struct load *load, unsigned long transfers)
{
	int control = client_connect(&load->service);

	client_reply(control, '2');
	client_say(control, "USER test\r\n", '3');
	client_say(control, "PASS test\r\n", '2');
	client_say(control, "TYPE I\r\n", '2');
	for (unsigned long i = 0; i < transfers; i++)
		transfer(load, control);
	client_say(control, "QUIT\r\n", '2');
	close(control);
}

int main(int argc, char **argv)
{
	struct load load = { 0 };
	unsigned long sessions, transfers;
	uint64_t begun;

	if (argc != 6) {
		fprintf(stderr, "usage: ftp_load ADDRESS PORT SESSIONS TRANSFERS NAME\n");
		return 2;
	}
	load.service = client_address(argv[1], argv[2]);
	sessions = strtoul(argv[3], NULL, 10);
	transfers = strtoul(argv[4], NULL, 10);
	snprintf(load.retrieve, sizeof(load.retrieve), "RETR %s\r\n", argv[5]);
	load.latencies = calloc(sessions * transfers + 1, sizeof(load.latencies[0]));
	if (load.latencies == NULL)
		client_fail("calloc");
	begun = client_now();
	for (unsigned long i = 0; i < sessions; i++)
		session(&load, transfers);
	printf("{ \"sessions\": %lu, \"transfers\": %lu, \"ns\": %" PRIu64 ", \"bytes\": %" PRIu64
	       ", \"transfer_ns\": %" PRIu64 ", \"latencies_us\": [",
	       sessions, transfers, client_now() - begun, load.bytes, load.transfer_ns);
	for (size_t i = 0; i < load.latency_count; i++)
		printf("%s%" PRIu64, i == 0 ? "" : ", ", load.latencies[i] / 1000);
	printf("] }\n");
	free(load.latencies);
	return 0;
}
