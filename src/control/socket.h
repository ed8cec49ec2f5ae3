/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Unix socket that ftpalgctl(8) connects to: its place, who may connect, and who has.
 */
#ifndef FTPALGD_CONTROL_SOCKET_H
#define FTPALGD_CONTROL_SOCKET_H

#include "log/log.h"

#include <sys/types.h>

/*
 * Listens at path with these permissions, for group ("": the process's own). A socket that a dead
 * daemon left is replaced. *fd does not block. A group that cannot be given is logged and
 * the process's own stays. -EADDRINUSE: somebody listens there.
 */
int control_socket_listen(const char *path, const char *group, mode_t mode, struct log *log, int *fd)
	__attribute__((warn_unused_result));

/* The peer is root or the process's own user. */
bool control_socket_is_privileged(int fd);

#endif
