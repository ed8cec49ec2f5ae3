/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for tests: built and verified by code that shares nothing with the product's.
 */
#ifndef FTPALGD_TESTS_SUPPORT_PACKETS_H
#define FTPALGD_TESTS_SUPPORT_PACKETS_H

#include "core/endpoint.h"
#include "core/packet.h"

enum { SHAPE_OPTIONS_MAX = 40 };

/* What a test says about a packet; the rest is filled in. */
struct shape {
	struct endpoint from, to; /* their family is the packet's */
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window, urgent;
	const uint8_t *options; /* of TCP; padded with NOP to a multiple of four */
	size_t options_size;
	const uint8_t *extensions; /* IPv6: headers before TCP; IPv4: IP options */
	size_t extensions_size;
	uint8_t first_extension; /* IPv6: type of the first of them */
	const void *payload;
	size_t payload_size;
};

/* Writes the packet with valid checksums; returns its size. */
size_t shape_write(const struct shape *s, uint8_t *buffer);

/* RFC 1071, two bytes at a time, big endian; the sum without its complement. */
uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t size);
uint16_t sum_fold(uint32_t sum);

/* Whether lengths and checksums of a TCP packet are right. */
bool packet_is_valid(const uint8_t *bytes, size_t size);

/* endpoint_parse that ends the test program when the text is wrong. */
struct endpoint at(const char *text);

#endif
