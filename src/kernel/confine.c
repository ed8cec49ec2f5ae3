/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the first Landlock, of Linux 5.13, knows: later kernels know it all. */
#define WRITING \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define FORBIDDEN \
	(WRITING | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* ---- files ---- */

static void allow_directory_of(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = WRITING };
	char copy[PATH_MAX];

	if (*path == '\0' || strlen(path) >= sizeof(copy))
		return;
	memcpy(copy, path, strlen(path) + 1);
	beneath.parent_fd = open(dirname(copy), O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return;
	/* What cannot be allowed is forbidden: the caller notices when it writes. */
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

struct confine confine_open(const char *const *paths, size_t count)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = FORBIDDEN };
	const long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		return (struct confine){ -errno };
	for (size_t i = 0; i < count; i++)
		allow_directory_of((int)ruleset, paths[i]);
	return (struct confine){ (int)ruleset };
}

void confine_close(struct confine *c)
{
	if (c->landlock >= 0)
		close(c->landlock);
	c->landlock = -1;
}

/* ---- capabilities ---- */

/* Without CAP_SETPCAP whoever started us has settled it. */
static void drop_bounds(void)
{
	for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (c != CAP_NET_ADMIN && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			return;
}

static bool is_poor(const struct __user_cap_data_struct data[static _LINUX_CAPABILITY_U32S_3])
{
	uint32_t others = data[0].permitted & ~(uint32_t)CAP_TO_MASK(CAP_NET_ADMIN);

	for (size_t i = 1; i < _LINUX_CAPABILITY_U32S_3; i++)
		others |= data[i].permitted;
	return others == 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	drop_bounds();
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	if (is_poor(data))
		return 0; /* the unit saw to it, and forbids capset(2) */
	data[0].permitted &= CAP_TO_MASK(CAP_NET_ADMIN);
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	for (size_t i = 1; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int confine_thread(const struct confine *c)
{
	int error = drop_capabilities();

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (c->landlock >= 0 && syscall(SYS_landlock_restrict_self, c->landlock, 0) < 0)
		return -errno;
	return error;
}
