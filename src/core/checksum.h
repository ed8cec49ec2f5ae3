/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Internet checksum (RFC 1071), always computed in full.
 *
 * A queued packet may carry an unfinished checksum (CHECKSUM_PARTIAL), so there is nothing that
 * an incremental update (RFC 1624) could start from.
 */
#ifndef FTPALGD_CORE_CHECKSUM_H
#define FTPALGD_CORE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds size bytes, as if an even number of bytes had been added before; size of 64 KiB at most. */
uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size);

/* The checksum of what was added, ready to be copied into a header (network byte order). */
uint16_t checksum_finish(uint64_t sum);

#endif
