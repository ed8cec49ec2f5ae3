/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service manager: what it is told, and the descriptors that it hands over. This is systemd's
 * protocol, which is text in a datagram, with a descriptor beside it (sd_notify(3)), and three
 * variables of the environment (sd_listen_fds(3)); both pages promise that it stays. Spoken here, so
 * that nothing has to be linked for it, and other managers that speak it serve as well.
 *
 * Without a manager (no NOTIFY_SOCKET, no LISTEN_PID) all of this does nothing.
 */
#ifndef FTPALGD_TRAFFIC_MANAGER_H
#define FTPALGD_TRAFFIC_MANAGER_H

#define MANAGER_FIRST_FD 3

/* Over this the manager's descriptors are not looked at. */
#define MANAGER_FDS_MAX 4096

/* One state or several, a line each. What cannot be sent is the manager's loss. */
void manager_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with a copy of a descriptor: 0, also without a manager, or -errno. */
int manager_hand(const char *state, int fd) __attribute__((warn_unused_result));

/* Returns when the manager has read all that it was sent before, or after that time. */
void manager_wait(int milliseconds);

/*
 * How many descriptors there are from MANAGER_FIRST_FD on, for this process and closed on exec; once
 * only, the environment is cleared. -errno: it makes no sense, or -ENOMEM. *names, with as many texts,
 * is the caller's, as the texts are; NULL where there are none.
 */
int manager_descriptors(char ***names) __attribute__((warn_unused_result));

#endif
