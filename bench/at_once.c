/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that all ask for a passive data connection in the same moment, as JSON on one line.
 *
 *	at_once ADDRESS PORT SESSIONS SIZE
 *
 * They log in one after the other, send PASV all at once, and then each makes its download of a file of
 * that size. The time from PASV to each reply is taken. A data connection that is refused, or brings
 * less within a second, is counted as lost: two servers may have announced the same port.
 */
#include "client.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, DATA_SECONDS = 1 };

struct crowd {
	size_t count;
	struct pollfd *controls;
	struct sockaddr_in *announced;
	uint64_t *latencies_us;
	uint64_t bytes;
	size_t lost;
};

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL)
		client_fail("calloc");
	return memory;
}

static void log_in(struct crowd *crowd, const struct sockaddr_in *service)
{
	for (size_t i = 0; i < crowd->count; i++) {
		int control = client_connect(service);

		client_reply(control, '2');
		client_say(control, "USER anonymous\r\n", '3');
		client_say(control, "PASS bench@\r\n", '2');
		crowd->controls[i] = (struct pollfd){ .fd = control, .events = POLLIN };
	}
}

static void ask(struct crowd *crowd)
{
	static const char pasv[] = "PASV\r\n";
	const uint64_t asked = client_now();
	size_t answered = 0;

	for (size_t i = 0; i < crowd->count; i++)
		if (send(crowd->controls[i].fd, pasv, sizeof(pasv) - 1, MSG_NOSIGNAL) < 0)
			client_fail("send");
	while (answered < crowd->count) {
		if (poll(crowd->controls, crowd->count, PATIENCE_MS) <= 0)
			client_fail("no reply");
		for (size_t i = 0; i < crowd->count; i++) {
			if (crowd->controls[i].revents == 0)
				continue;
			crowd->announced[i] = client_announced(client_reply(crowd->controls[i].fd, '2'));
			crowd->latencies_us[i] = (client_now() - asked) / 1000;
			crowd->controls[i].events = 0;
			answered++;
		}
	}
}

static void download(struct crowd *crowd, size_t i, size_t size)
{
	static char chunk[65536];
	const struct timeval limit = { .tv_sec = DATA_SECONDS };
	int control = crowd->controls[i].fd, data = client_try(&crowd->announced[i]);
	char retrieve[64];
	size_t all = 0;
	ssize_t got;

	if (data < 0) {
		crowd->lost++;
		return;
	}
	setsockopt(data, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	snprintf(retrieve, sizeof(retrieve), "RETR %zu\r\n", size);
	if (send(control, retrieve, strlen(retrieve), MSG_NOSIGNAL) < 0)
		client_fail("send");
	while ((got = recv(data, chunk, sizeof(chunk), 0)) > 0)
		all += (size_t)got;
	close(data);
	crowd->bytes += all;
	crowd->lost += all < size;
}

static void print(const struct crowd *crowd, uint64_t ns)
{
	printf("{ \"sessions\": %zu, \"lost\": %zu, \"bytes\": %" PRIu64 ", \"ns\": %" PRIu64
	       ", \"latencies_us\": [", crowd->count, crowd->lost, crowd->bytes, ns);
	for (size_t i = 0; i < crowd->count; i++)
		printf("%s%" PRIu64, i == 0 ? "" : ", ", crowd->latencies_us[i]);
	printf("] }\n");
}

int main(int argc, char **argv)
{
	const struct rlimit descriptors = { 65536, 65536 };
	struct sockaddr_in service;
	struct crowd crowd = { 0 };
	uint64_t begun;
	size_t size;

	if (argc != 5) {
		fprintf(stderr, "usage: at_once ADDRESS PORT SESSIONS SIZE\n");
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		client_fail("setrlimit");
	service = client_address(argv[1], argv[2]);
	crowd.count = strtoul(argv[3], NULL, 10);
	size = strtoul(argv[4], NULL, 10);
	crowd.controls = room(crowd.count, sizeof(*crowd.controls));
	crowd.announced = room(crowd.count, sizeof(*crowd.announced));
	crowd.latencies_us = room(crowd.count, sizeof(*crowd.latencies_us));
	log_in(&crowd, &service);
	begun = client_now();
	ask(&crowd);
	for (size_t i = 0; i < crowd.count; i++)
		download(&crowd, i, size);
	print(&crowd, client_now() - begun);
	return 0;
}
