/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipvs_sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel/multicast.h"
#include "kernel/netlink.h"
#include "kernel/udp_diag.h"

/* A message comes back within the sendmmsg; on a starved machine it took 120 ms. */
#define ECHO_WAIT_MS 1000

/* A message of entries and the barrier behind it are sent together. */
enum { MESSAGE, BARRIER, SHIPMENT };

/*
 * Entries are counted, and tickets are such counts:
 * settled <= sent <= accepted, where accepted - sent is the number pending.
 */
struct ipvs_sync {
	struct multicast multicast;
	struct netlink *diag;
	struct udp_socket thread;
	uint32_t drops; /* of the thread's queue when last seen */
	uint8_t syncid;
	size_t message_max;

	uint64_t number;     /* of the last message or barrier sent */
	uint64_t came_back;  /* number of the last one that has, in the order they were sent */
	long shipment_since; /* monotonic ms */

	uint64_t accepted;
	uint64_t sent;
	uint64_t settled;
	uint64_t lost_from, lost_to; /* lost: lost_from < ticket <= lost_to */
	int lost_error;

	size_t pending;
	struct ipvs_entry entries[IPVS_SYNC_PENDING_MAX];
};

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int find_thread(struct ipvs_sync *s, const struct ipvs_thread *backup)
{
	struct udp_queue queue;
	int err = netlink_open(NETLINK_SOCK_DIAG, &s->diag);

	if (err < 0)
		return err;
	s->thread.local = backup->group;
	s->thread.interface = if_nametoindex(backup->interface);
	if (s->thread.interface == 0)
		return -errno;
	err = udp_diag_find(s->diag, &s->thread);
	if (err < 0)
		return err;
	err = udp_diag_queue(s->diag, &s->thread, &queue);
	if (err == 0)
		s->drops = queue.drops;
	return err;
}

int ipvs_sync_open(const struct ipvs_thread *backup, struct ipvs_sync **s)
{
	struct ipvs_sync *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->multicast.sender = new->multicast.echo = -1;
	new->syncid = backup->id;
	new->message_max =
		backup->max_length < IPVS_MESSAGE_MAX ? backup->max_length : IPVS_MESSAGE_MAX;
	err = find_thread(new, backup);
	if (err == 0)
		err = multicast_open(&backup->group, new->thread.interface, &new->multicast);
	if (err < 0) {
		ipvs_sync_close(new);
		return err;
	}
	*s = new;
	return 0;
}

void ipvs_sync_close(struct ipvs_sync *s)
{
	if (!s)
		return;
	multicast_close(&s->multicast);
	netlink_close(s->diag);
	free(s);
}

int ipvs_sync_fd(const struct ipvs_sync *s)
{
	return s->multicast.echo;
}

/*
 * What was settled between two losses counts as lost with them: nobody may have asked yet for the
 * first, and to be sent again does an entry no harm.
 */
static void declare_lost(struct ipvs_sync *s, int error)
{
	if (s->lost_to == 0)
		s->lost_from = s->settled;
	s->lost_to = s->sent;
	s->lost_error = error;
	s->settled = s->sent;
	s->came_back = s->number;
}

static bool is_on_its_way(const struct ipvs_sync *s)
{
	return s->came_back != s->number;
}

static void put_shipment(struct mmsghdr headers[SHIPMENT], struct iovec parts[SHIPMENT],
			 uint8_t messages[SHIPMENT][IPVS_MESSAGE_MAX])
{
	memset(headers, 0, SHIPMENT * sizeof(headers[0]));
	for (size_t i = 0; i < SHIPMENT; i++) {
		parts[i] = (struct iovec){ messages[i], IPVS_MESSAGE_MAX };
		headers[i].msg_hdr.msg_iov = &parts[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
}

/* What is older belongs to a shipment that was given up. */
static void take_echo(struct ipvs_sync *s, const uint8_t *message, size_t length)
{
	uint64_t number;

	if (ipvs_message_trailer(message, length, &number) < 0 || number <= s->came_back)
		return;
	if (number == s->came_back + 1)
		s->came_back = number;
	else
		declare_lost(s, -ENOBUFS);
}

static void read_echo(struct ipvs_sync *s)
{
	uint8_t messages[SHIPMENT][IPVS_MESSAGE_MAX];
	struct mmsghdr headers[SHIPMENT];
	struct iovec parts[SHIPMENT];
	int count = 1;

	put_shipment(headers, parts, messages);
	while (is_on_its_way(s) && count > 0) {
		count = recvmmsg(s->multicast.echo, headers, SHIPMENT, MSG_DONTWAIT, NULL);
		for (int i = 0; i < count; i++)
			take_echo(s, messages[i], headers[i].msg_len);
	}
	if (is_on_its_way(s) && milliseconds() - s->shipment_since > ECHO_WAIT_MS)
		declare_lost(s, -ETIMEDOUT);
}

static int encode(const struct ipvs_sync *s, uint64_t number, size_t count, struct iovec *part,
		  size_t *taken)
{
	int length = ipvs_message_encode(part->iov_base, s->message_max, s->syncid, number, s->entries,
					 count, taken);

	if (length < 0)
		return length;
	part->iov_len = (size_t)length;
	return 0;
}

/* Sends what is pending, as much as one message holds, and a barrier. */
static int send_shipment(struct ipvs_sync *s)
{
	uint8_t messages[SHIPMENT][IPVS_MESSAGE_MAX];
	struct mmsghdr headers[SHIPMENT];
	struct iovec parts[SHIPMENT];
	size_t taken, none;
	int err, count;

	put_shipment(headers, parts, messages);
	err = encode(s, s->number + 1, s->pending, &parts[MESSAGE], &taken);
	if (err == 0)
		err = encode(s, s->number + 2, 0, &parts[BARRIER], &none);
	if (err < 0)
		return err;
	count = sendmmsg(s->multicast.sender, headers, SHIPMENT, MSG_DONTWAIT);
	if (count < 0)
		return -errno;
	s->came_back = s->number;
	s->number += SHIPMENT;
	s->shipment_since = milliseconds();
	s->sent += taken;
	s->pending -= taken;
	memmove(s->entries, s->entries + taken, s->pending * sizeof(s->entries[0]));
	if (count < SHIPMENT)
		declare_lost(s, -ENOBUFS);
	return 0;
}

/* As far as it goes without waiting. */
static int advance(struct ipvs_sync *s)
{
	int err;

	for (;;) {
		read_echo(s);
		if (is_on_its_way(s) || s->pending == 0)
			return 0;
		err = send_shipment(s);
		if (err < 0)
			return err == -EAGAIN ? 0 : err;
	}
}

static int look_at_queue(struct ipvs_sync *s)
{
	struct udp_queue queue;
	int err = udp_diag_queue(s->diag, &s->thread, &queue);

	if (err < 0)
		return err == -ENOENT ? -ESTALE : err;
	if (queue.drops != s->drops) {
		s->drops = queue.drops;
		declare_lost(s, -ENOBUFS);
	} else if (queue.bytes == 0) {
		s->settled = s->sent;
	}
	return 0;
}

/* The last ones, as far as they have not been sent. */
static void take_back(struct ipvs_sync *s, size_t count)
{
	const size_t taken = count < s->pending ? count : s->pending;

	s->pending -= taken;
	s->accepted -= taken;
}

int ipvs_sync_send(struct ipvs_sync *s, const struct ipvs_entry *entries, size_t count,
		   uint64_t *ticket)
{
	int err;

	for (size_t i = 0; i < count; i++)
		if (!ipvs_entry_valid(&entries[i]))
			return -EINVAL;
	if (count > IPVS_SYNC_PENDING_MAX - s->pending) {
		err = advance(s);
		if (err < 0)
			return err;
	}
	if (count > IPVS_SYNC_PENDING_MAX - s->pending)
		return -ENOBUFS;
	memcpy(s->entries + s->pending, entries, count * sizeof(*entries));
	s->pending += count;
	s->accepted += count;
	err = advance(s);
	if (err < 0) {
		take_back(s, count);
		return err;
	}
	*ticket = s->accepted;
	return 0;
}

static int answer(const struct ipvs_sync *s, uint64_t ticket)
{
	if (ticket > s->lost_from && ticket <= s->lost_to)
		return s->lost_error;
	return ticket <= s->settled;
}

int ipvs_sync_settled(struct ipvs_sync *s, uint64_t ticket)
{
	int err, known = answer(s, ticket);

	if (known)
		return known;
	err = advance(s);
	if (err == 0 && !is_on_its_way(s) && s->sent > s->settled)
		err = look_at_queue(s);
	return err < 0 ? err : answer(s, ticket);
}
