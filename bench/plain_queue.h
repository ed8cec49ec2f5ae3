/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NFQUEUE whose messages carry no conntrack entry: any kernel has that.
 */
#ifndef FTPALGD_BENCH_PLAIN_QUEUE_H
#define FTPALGD_BENCH_PLAIN_QUEUE_H

#include <stdint.h>

/* Otherwise as queue_config_bind. Returns a non-blocking descriptor or -errno. */
int plain_queue_bind(uint16_t number, uint32_t length);

#endif
