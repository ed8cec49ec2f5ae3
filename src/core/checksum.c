/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/checksum.h"

#include <string.h>

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (; size >= 4; at += 4, size -= 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	if (size > 0) {
		uint32_t word = 0;

		memcpy(&word, at, size);
		sum += word;
	}
	return sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
