/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a confined process can no longer do, and what it still can. */
#include "kernel/confine.h"
#include "../support/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char inside[] = "/tmp/ftpalgd-inside.XXXXXX", outside[] = "/tmp/ftpalgd-outside.XXXXXX";

static void path_in(const char *directory, const char *name, char out[static 64])
{
	snprintf(out, 64, "%s/%s", directory, name);
}

/* Check forks for every test: nothing of it outlives one. */
static struct confine confine_here(void)
{
	const char *paths[3] = { "", "/nonexistent/ftpalgd/x" };
	struct confine c;
	char path[64];

	ck_assert_ptr_nonnull(mkdtemp(inside));
	ck_assert_ptr_nonnull(mkdtemp(outside));
	path_in(inside, "control", path);
	paths[2] = path;
	c = confine_open(paths, 3);
	ck_assert_int_eq(confine_thread(&c), 0);
	return c;
}

static int try_to_write(const char *directory, const char *name)
{
	char path[64];
	int fd;

	path_in(directory, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool status_says(const char *wanted)
{
	FILE *status = fopen("/proc/thread-self/status", "re");
	char line[256];
	bool found = false;

	ck_assert_ptr_nonnull(status);
	while (!found && fgets(line, sizeof(line), status) != NULL)
		found = strcmp(line, wanted) == 0;
	fclose(status);
	return found;
}

START_TEST(no_capability_is_left_but_one)
{
	struct confine c = confine_here();

	ck_assert(status_says("CapPrm:\t0000000000001000\n") || status_says("CapPrm:\t0000000000000000\n"));
	ck_assert(status_says("CapEff:\t0000000000001000\n") || status_says("CapEff:\t0000000000000000\n"));
	ck_assert(status_says("CapInh:\t0000000000000000\n"));
	ck_assert(status_says("CapAmb:\t0000000000000000\n"));
	ck_assert(status_says("NoNewPrivs:\t1\n"));
	confine_close(&c);
	ck_assert_int_eq(c.landlock, -1);
}
END_TEST

START_TEST(files_are_written_in_the_directories_named_and_nowhere_else)
{
	struct confine c = confine_here();
	char from[64], to[64];

	ck_assert_int_eq(try_to_write(inside, "a"), 0);
	path_in(inside, "a", from);
	path_in(inside, "b", to);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(unlink(to), 0);
	if (c.landlock < 0)
		return; /* an old kernel: then the unit alone sees to it */
	ck_assert_int_eq(try_to_write(outside, "a"), -EACCES);
	path_in(outside, "d", to);
	ck_assert(mkdir(to, 0700) < 0 && errno == EACCES);
	ck_assert(execl("/bin/true", "true", NULL) < 0 && errno == EACCES);
	ck_assert_int_ge(open("/proc/self/status", O_RDONLY | O_CLOEXEC), 0);
}
END_TEST

/* As the unit's SystemCallFilter= does. */
static void forbid_capset(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0), 0);
}

START_TEST(who_has_nothing_to_give_up_is_content)
{
	struct confine c = confine_here();

	forbid_capset();
	ck_assert_int_eq(confine_thread(&c), 0);
	confine_close(&c);
}
END_TEST

START_TEST(a_kernel_without_it_is_none_the_worse)
{
	const struct confine none = { -1 };

	ck_assert_int_eq(confine_thread(&none), 0);
	ck_assert(status_says("NoNewPrivs:\t1\n"));
}
END_TEST

static void remove_directories(void)
{
	rmdir(inside);
	rmdir(outside);
}

int main(void)
{
	TCase *t = tcase_create("confine");

	tcase_add_checked_fixture(t, NULL, remove_directories);
	tcase_add_test(t, no_capability_is_left_but_one);
	tcase_add_test(t, files_are_written_in_the_directories_named_and_nowhere_else);
	tcase_add_test(t, who_has_nothing_to_give_up_is_content);
	tcase_add_test(t, a_kernel_without_it_is_none_the_worse);
	return run_suite("confine", t);
}
