/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipvs_message.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define SYNC_VERSION  1
#define ENTRIES_MAX   UINT8_MAX
#define TYPE_IPV4     0
#define TYPE_IPV6     1
#define FLAG_NO_CPORT 0x0800 /* IP_VS_CONN_F_NO_CPORT; masquerading is 0 */

#define STATE_ESTABLISHED 1 /* IP_VS_TCP_S_ESTABLISHED */
#define STATE_LISTEN      9 /* IP_VS_TCP_S_LISTEN */

/* ip_vs_ftp counts down from the control port: 21 gives 20. */
#define DATA_PORT(control) ((uint16_t)((control) - 1))

static struct endpoint with_port(struct endpoint e, uint16_t port)
{
	e.port = port;
	return e;
}

struct ipvs_entry ipvs_entry_passive(const struct flow *control, uint16_t port,
				     uint16_t server_port, uint32_t seconds)
{
	return (struct ipvs_entry){
		.client = with_port(control->client, 0),
		.service = with_port(control->service, port),
		.server = with_port(control->server, server_port),
		.seconds = seconds,
	};
}

struct ipvs_entry ipvs_entry_active(const struct flow *control, uint16_t client_port,
				    uint32_t seconds)
{
	return (struct ipvs_entry){
		.client = with_port(control->client, client_port),
		.service = with_port(control->service, DATA_PORT(control->service.port)),
		.server = with_port(control->server, DATA_PORT(control->server.port)),
		.seconds = seconds,
	};
}

struct ipvs_entry ipvs_entry_control(const struct flow *control, uint32_t seconds)
{
	return (struct ipvs_entry){
		.client = control->client,
		.service = control->service,
		.server = control->server,
		.seconds = seconds,
		.established = true,
	};
}

static uint8_t *put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t value)
{
	return put16(put16(p, value >> 16), value & UINT16_MAX);
}

static uint8_t *put_address(uint8_t *p, const struct endpoint *e, bool ipv4)
{
	if (ipv4) {
		const struct in_addr addr = endpoint_ipv4(e);

		memcpy(p, &addr, sizeof(addr));
		return p + sizeof(addr);
	}
	memcpy(p, &e->addr, sizeof(e->addr));
	return p + sizeof(e->addr);
}

static size_t entry_size(const struct ipvs_entry *entry)
{
	return endpoint_is_ipv4(&entry->service) ? IPVS_MESSAGE_ENTRY4 : IPVS_MESSAGE_ENTRY6;
}

bool ipvs_entry_valid(const struct ipvs_entry *entry)
{
	const bool ipv4 = endpoint_is_ipv4(&entry->service);

	return endpoint_is_ipv4(&entry->client) == ipv4 &&
	       endpoint_is_ipv4(&entry->server) == ipv4 && entry->service.port &&
	       entry->server.port && entry->seconds;
}

static uint32_t clamp_seconds(uint32_t seconds)
{
	return seconds > IPVS_ENTRY_SECONDS_MAX ? IPVS_ENTRY_SECONDS_MAX : seconds;
}

static uint8_t *put_entry(uint8_t *p, const struct ipvs_entry *entry)
{
	const bool ipv4 = endpoint_is_ipv4(&entry->service);

	*p++ = ipv4 ? TYPE_IPV4 : TYPE_IPV6;
	*p++ = IPPROTO_TCP;
	p = put16(p, (unsigned)entry_size(entry));
	p = put32(p, entry->client.port ? 0 : FLAG_NO_CPORT);
	p = put16(p, entry->established ? STATE_ESTABLISHED : STATE_LISTEN);
	p = put16(p, entry->client.port);
	p = put16(p, entry->service.port);
	p = put16(p, entry->server.port);
	p = put32(p, 0);
	p = put32(p, clamp_seconds(entry->seconds));
	p = put_address(p, &entry->client, ipv4);
	p = put_address(p, &entry->service, ipv4);
	return put_address(p, &entry->server, ipv4);
}

static void put_header(uint8_t *message, uint8_t syncid, size_t length, size_t entries)
{
	memset(message, 0, IPVS_MESSAGE_HEADER);
	message[1] = syncid;
	put16(message + 2, (unsigned)length);
	message[4] = (uint8_t)entries;
	message[5] = SYNC_VERSION;
}

int ipvs_message_encode(uint8_t *message, size_t size, uint8_t syncid, uint64_t trailer,
			const struct ipvs_entry *entries, size_t count, size_t *taken)
{
	uint8_t *p = message + IPVS_MESSAGE_HEADER, *end;
	size_t i;

	if (size < IPVS_MESSAGE_HEADER + IPVS_MESSAGE_TRAILER)
		return -EMSGSIZE;
	if (size > UINT16_MAX)
		size = UINT16_MAX;
	end = message + size - IPVS_MESSAGE_TRAILER;
	for (i = 0; i < count && i < ENTRIES_MAX; i++) {
		if (!ipvs_entry_valid(&entries[i]))
			return -EINVAL;
		if (entry_size(&entries[i]) > (size_t)(end - p))
			break;
		p = put_entry(p, &entries[i]);
	}
	p = put32(put32(p, (uint32_t)(trailer >> 32)), (uint32_t)trailer);
	put_header(message, syncid, (size_t)(p - message), i);
	*taken = i;
	return (int)(p - message);
}

int ipvs_message_trailer(const uint8_t *message, size_t length, uint64_t *trailer)
{
	uint64_t value = 0;

	if (length < IPVS_MESSAGE_HEADER + IPVS_MESSAGE_TRAILER || message[0] != 0 ||
	    message[5] != SYNC_VERSION || length != (size_t)(message[2] << 8 | message[3]))
		return -EBADMSG;
	for (size_t i = length - IPVS_MESSAGE_TRAILER; i < length; i++)
		value = value << 8 | message[i];
	*trailer = value;
	return 0;
}
