/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread gives up when it has all that it needs, beside what the unit takes away:
 *  - every capability but CAP_NET_ADMIN, for good;
 *  - more privileges through execve(2);
 *  - where the kernel has Landlock: running any program, and making, writing and removing files
 *    anywhere but in a few directories. Reading stays allowed: a reload may include any file.
 *
 * All of it belongs to a thread, and a thread passes it on to those that it starts.
 */
#ifndef FTPALGD_KERNEL_CONFINE_H
#define FTPALGD_KERNEL_CONFINE_H

#include <stddef.h>

struct confine {
	int landlock; /* -errno: the kernel has none, or may not be asked */
};

/*
 * Prepares it: files in the directories of these paths may be written; one that is not there, and
 * the empty path, count for nothing. Never fails: what the kernel lacks is left out.
 */
struct confine confine_open(const char *const *paths, size_t count);
void confine_close(struct confine *c);

/* Confines the calling thread. Returns 0 or -errno; as much as could be done is done. */
int confine_thread(const struct confine *c) __attribute__((warn_unused_result));

#endif
