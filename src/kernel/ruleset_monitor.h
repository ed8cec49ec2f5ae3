/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells when somebody else touches table `inet ftpalgd`: `nft flush ruleset`, a restart of
 * nftables.service, a hand.
 *
 * The kernel multicasts every change with the netlink port of its author. Changes by sockets of
 * this process are our own and pass unnoticed, as long as their socket is still open when they
 * are read (struct ruleset keeps its sockets).
 */
#ifndef FTPALGD_KERNEL_RULESET_MONITOR_H
#define FTPALGD_KERNEL_RULESET_MONITOR_H

struct ruleset_monitor;

int ruleset_monitor_open(struct ruleset_monitor **m) __attribute__((warn_unused_result));
void ruleset_monitor_close(struct ruleset_monitor *m);

int ruleset_monitor_fd(const struct ruleset_monitor *m); /* non-blocking */

enum ruleset_events {
	RULESET_QUIET,   /* nobody but us has changed our table */
	RULESET_CHANGED, /* somebody has */
	RULESET_UNKNOWN, /* messages were lost: ruleset_untouched tells */
};

/* Reads all that is there. One of these, or -errno. */
int ruleset_monitor_read(struct ruleset_monitor *m) __attribute__((warn_unused_result));

#endif
