/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settled means settled: a slow thread of our own takes the messages in the kernel's stead, in a
 * network namespace of our own. Skipped where neither root nor user namespaces are to be had.
 */
#include "kernel/ipvs_sync.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../support/run.h"

#define SKIPPED 77
#define ROUNDS  200

struct backup_thread {
	struct ipvs_thread backup;
	int fd;
	useconds_t pause; /* before it counts what it has taken */
	atomic_ulong entries;
	pthread_t thread;
};

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static int set_loopback(short flags)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = flags };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const int result = ioctl(fd, SIOCSIFFLAGS, &request);

	close(fd);
	return result;
}

static void *take_messages(void *data)
{
	struct backup_thread *t = data;
	uint8_t message[2048];

	while (recv(t->fd, message, sizeof(message), 0) > 4) {
		usleep(t->pause);
		atomic_fetch_add(&t->entries, message[4]);
	}
	return NULL;
}

/* The socket that net/netfilter/ipvs/ip_vs_sync.c makes. */
static void start(struct backup_thread *t, useconds_t pause, int receive_buffer)
{
	const struct endpoint group = at("224.0.0.81:8848");
	const struct sockaddr_in address = { AF_INET, htons(group.port), endpoint_ipv4(&group),
					     { 0 } };
	const struct ip_mreqn membership = { endpoint_ipv4(&group), { 0 }, (int)if_nametoindex("lo") };
	const int on = 1;

	memset(t, 0, sizeof(*t));
	t->pause = pause;
	t->backup = (struct ipvs_thread){ "lo", 7, 1, 1400, group };
	t->fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(t->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
	setsockopt(t->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	ck_assert_int_eq(bind(t->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(setsockopt(t->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership,
				    sizeof(membership)), 0);
	ck_assert_int_eq(pthread_create(&t->thread, NULL, take_messages, t), 0);
}

static void stop(struct backup_thread *t)
{
	shutdown(t->fd, SHUT_RDWR); /* wakes recv, though the socket is not connected */
	pthread_join(t->thread, NULL);
	close(t->fd);
}

static void fill(struct ipvs_entry *entries, size_t count)
{
	const struct flow flow = {
		.client = at("198.51.100.2:1000"),
		.service = at("192.0.2.10:21"),
		.server = at("10.0.0.2:21"),
	};

	for (size_t i = 0; i < count; i++)
		entries[i] = ipvs_entry_passive(&flow, (uint16_t)(50000 + i), 40000, 60);
}

static int wait_for(struct ipvs_sync *s, uint64_t ticket)
{
	int settled;

	while ((settled = ipvs_sync_settled(s, ticket)) == 0)
		usleep(50);
	return settled;
}

static void expect_never_early(useconds_t pause)
{
	struct ipvs_entry entries[IPVS_SYNC_PENDING_MAX];
	struct ipvs_sync *senders[2];
	struct backup_thread t;
	unsigned long wanted = 0;
	uint64_t ticket;

	start(&t, pause, 200000);
	fill(entries, IPVS_SYNC_PENDING_MAX);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(ipvs_sync_open(&t.backup, &senders[i]), 0);
	for (size_t i = 0; i < ROUNDS; i++) {
		const size_t count = 1 + i * 37 % 120;

		ck_assert_int_eq(ipvs_sync_send(senders[i % 2], entries, count, &ticket), 0);
		ck_assert_int_eq(wait_for(senders[i % 2], ticket), 1);
		wanted += count;
		ck_assert_uint_eq(atomic_load(&t.entries), wanted);
	}
	ipvs_sync_close(senders[0]);
	ipvs_sync_close(senders[1]);
	stop(&t);
}

START_TEST(a_ticket_settles_when_the_entries_have_been_made)
{
	expect_never_early(0);
}
END_TEST

START_TEST(a_ticket_settles_no_earlier_with_a_slow_thread)
{
	expect_never_early(1000);
}
END_TEST

START_TEST(several_tickets_settle_in_one_go)
{
	struct ipvs_entry entries[8];
	uint64_t tickets[8];
	struct backup_thread t;
	struct ipvs_sync *s;

	start(&t, 1000, 200000);
	fill(entries, 8);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), 0);
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(ipvs_sync_send(s, &entries[i], 1, &tickets[i]), 0);
	ck_assert_int_eq(wait_for(s, tickets[7]), 1);
	ck_assert_uint_eq(atomic_load(&t.entries), 8);
	for (size_t i = 0; i < 8; i++)
		ck_assert_int_eq(ipvs_sync_settled(s, tickets[i]), 1);
	ipvs_sync_close(s);
	stop(&t);
}
END_TEST

START_TEST(entries_lost_for_want_of_room_are_not_said_to_be_settled)
{
	struct ipvs_entry entries[200];
	struct backup_thread t;
	struct ipvs_sync *s;
	uint64_t ticket;

	start(&t, 200000, 2048);
	fill(entries, 200);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), 0);
	ck_assert_int_eq(ipvs_sync_send(s, entries, 200, &ticket), 0);
	ck_assert_int_eq(wait_for(s, ticket), -ENOBUFS);
	ipvs_sync_close(s);
	stop(&t);
}
END_TEST

/* Two losses, each with a ticket that nobody asks for until the end. */
START_TEST(an_older_loss_is_not_forgotten)
{
	struct ipvs_entry entries[200];
	struct backup_thread t;
	struct ipvs_sync *s;
	uint64_t first, second, third;

	start(&t, 200000, 2048);
	fill(entries, 200);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), 0);
	ck_assert_int_eq(ipvs_sync_send(s, entries, 100, &first), 0);
	ck_assert_int_eq(ipvs_sync_send(s, entries, 100, &second), 0);
	ck_assert_int_eq(wait_for(s, second), -ENOBUFS);
	ck_assert_int_eq(ipvs_sync_send(s, entries, 200, &third), 0);
	ck_assert_int_eq(wait_for(s, third), -ENOBUFS);
	ck_assert_int_eq(ipvs_sync_settled(s, first), -ENOBUFS);
	ipvs_sync_close(s);
	stop(&t);
}
END_TEST

/* The socket refuses, as it does without an interface: what the caller undoes must not follow. */
START_TEST(an_entry_that_was_refused_is_not_sent_later)
{
	struct ipvs_entry entries[3];
	struct backup_thread t;
	struct ipvs_sync *s;
	uint64_t ticket;

	start(&t, 0, 200000);
	fill(entries, 3);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), 0);
	ck_assert_int_eq(set_loopback(0), 0);
	ck_assert_int_lt(ipvs_sync_send(s, entries, 1, &ticket), 0);
	ck_assert_int_eq(set_loopback(IFF_UP), 0);
	ck_assert_int_eq(ipvs_sync_send(s, entries + 1, 2, &ticket), 0);
	ck_assert_int_eq(wait_for(s, ticket), 1);
	ck_assert_uint_eq(atomic_load(&t.entries), 2);
	ipvs_sync_close(s);
	stop(&t);
}
END_TEST

START_TEST(a_thread_that_is_gone_is_told)
{
	struct ipvs_entry entry;
	struct backup_thread t;
	struct ipvs_sync *s;
	uint64_t ticket;

	start(&t, 0, 200000);
	fill(&entry, 1);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), 0);
	stop(&t);
	start(&t, 0, 200000);
	ck_assert_int_eq(ipvs_sync_send(s, &entry, 1, &ticket), 0);
	ck_assert_int_eq(wait_for(s, ticket), -ESTALE);
	ipvs_sync_close(s);
	stop(&t);
	ck_assert_int_eq(ipvs_sync_open(&t.backup, &s), -ENOENT);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("ipvs_sync");

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return SKIPPED;
	if (set_loopback(IFF_UP) < 0)
		return SKIPPED;
	tcase_add_test(tcase, a_ticket_settles_when_the_entries_have_been_made);
	tcase_add_test(tcase, a_ticket_settles_no_earlier_with_a_slow_thread);
	tcase_add_test(tcase, several_tickets_settle_in_one_go);
	tcase_add_test(tcase, entries_lost_for_want_of_room_are_not_said_to_be_settled);
	tcase_add_test(tcase, an_older_loss_is_not_forgotten);
	tcase_add_test(tcase, an_entry_that_was_refused_is_not_sent_later);
	tcase_add_test(tcase, a_thread_that_is_gone_is_told);
	return run_suite("ipvs_sync", tcase);
}
