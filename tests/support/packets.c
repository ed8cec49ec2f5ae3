/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void store16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8 & 0xff);
	to[1] = (uint8_t)(value & 0xff);
}

static void store32(uint8_t *to, uint32_t value)
{
	store16(to, value >> 16);
	store16(to + 2, value & 0xffff);
}

uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

uint16_t sum_fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The sum over pseudo header and segment, which is 0xffff where the checksum in it is right. */
static uint16_t sum_tcp(const uint8_t *addresses, size_t addresses_size, const uint8_t *tcp, size_t size)
{
	uint32_t sum = sum_bytes(0, addresses, addresses_size);
	uint8_t tail[4] = { 0, 6, (uint8_t)(size >> 8), (uint8_t)(size & 0xff) };

	sum = sum_bytes(sum, tail, sizeof(tail));
	return sum_fold(sum_bytes(sum, tcp, size));
}

static size_t write_ipv4(const struct shape *s, uint8_t *b, size_t tcp_size)
{
	size_t header = 20 + s->extensions_size;
	struct in_addr from = endpoint_ipv4(&s->from), to = endpoint_ipv4(&s->to);

	memset(b, 0, 20);
	b[0] = (uint8_t)(0x40 | header / 4);
	store16(b + 2, (uint32_t)(header + tcp_size));
	store16(b + 4, 0x1234);
	b[6] = 0x40;
	b[8] = 63;
	b[9] = 6;
	memcpy(b + 12, &from, 4);
	memcpy(b + 16, &to, 4);
	if (s->extensions_size > 0)
		memcpy(b + 20, s->extensions, s->extensions_size);
	store16(b + 10, (uint16_t)~sum_fold(sum_bytes(0, b, header)));
	return header;
}

static size_t write_ipv6(const struct shape *s, uint8_t *b, size_t tcp_size)
{
	memset(b, 0, 40);
	b[0] = 0x60;
	store16(b + 4, (uint32_t)(s->extensions_size + tcp_size));
	b[6] = s->extensions_size > 0 ? s->first_extension : 6;
	b[7] = 63;
	memcpy(b + 8, &s->from.addr, 16);
	memcpy(b + 24, &s->to.addr, 16);
	if (s->extensions_size > 0)
		memcpy(b + 40, s->extensions, s->extensions_size);
	return 40 + s->extensions_size;
}

static size_t write_tcp(const struct shape *s, uint8_t *tcp, size_t options)
{
	memset(tcp, 0, 20);
	store16(tcp, s->from.port);
	store16(tcp + 2, s->to.port);
	store32(tcp + 4, s->seq);
	store32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	tcp[13] = s->flags;
	store16(tcp + 14, s->window);
	store16(tcp + 18, s->urgent);
	memset(tcp + 20, 1, options);
	if (s->options_size > 0)
		memcpy(tcp + 20, s->options, s->options_size);
	if (s->payload_size > 0)
		memcpy(tcp + 20 + options, s->payload, s->payload_size);
	return 20 + options + s->payload_size;
}

size_t shape_write(const struct shape *s, uint8_t *buffer)
{
	bool v4 = endpoint_is_ipv4(&s->from);
	size_t options = (s->options_size + 3) / 4 * 4;
	size_t size = 20 + options + s->payload_size;
	size_t tcp = v4 ? write_ipv4(s, buffer, size) : write_ipv6(s, buffer, size);

	write_tcp(s, buffer + tcp, options);
	store16(buffer + tcp + 16,
		(uint16_t)~sum_tcp(buffer + (v4 ? 12 : 8), v4 ? 8 : 32, buffer + tcp, size));
	return tcp + size;
}

bool packet_is_valid(const uint8_t *bytes, size_t size)
{
	bool v4 = size > 0 && bytes[0] >> 4 == 4;
	struct packet p;

	if (packet_parse(bytes, size, &p) < 0 || p.size != size)
		return false;
	if (v4 && sum_fold(sum_bytes(0, bytes, (size_t)(bytes[0] & 0x0f) * 4)) != 0xffff)
		return false;
	return sum_tcp(bytes + (v4 ? 12 : 8), v4 ? 8 : 32, bytes + p.tcp, size - p.tcp) == 0xffff;
}

struct endpoint at(const char *text)
{
	struct endpoint e;

	if (endpoint_parse(text, &e) < 0) {
		fprintf(stderr, "not an endpoint: %s\n", text);
		abort();
	}
	return e;
}
