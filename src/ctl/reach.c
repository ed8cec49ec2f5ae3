/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/reach.h"

#include "doctor/doctor.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 64, GROUPS_MAX = 256 };

static void explain_absent(const char *socket, int error, struct reach_words *out)
{
	long pid = doctor_find_daemon();

	if (pid == 0) {
		out->reach = REACH_ABSENT;
		snprintf(out->what, sizeof(out->what), "ftpalgd does not run: %s: %s", socket,
			 strerror(-error));
		snprintf(out->mend, sizeof(out->mend), "systemctl start ftpalgd");
	} else {
		out->reach = REACH_ELSEWHERE;
		snprintf(out->what, sizeof(out->what),
			 "ftpalgd runs as process %ld, and does not answer at %s: %s", pid, socket,
			 strerror(-error));
		snprintf(out->mend, sizeof(out->mend),
			 "ftpalgctl -s SOCKET, with control.socket of the configuration that it was "
			 "started with");
	}
}

/* ---- no permission ---- */

/* Where even the socket cannot be seen, it is its directory that keeps others out. */
static int group_of(const char *socket, gid_t *gid)
{
	char copy[PATH_MAX];
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", socket);
	if (stat(socket, &st) < 0 && stat(dirname(copy), &st) < 0)
		return -errno;
	*gid = st.st_gid;
	return 0;
}

static void name_group(gid_t gid, char out[static NAME_SIZE])
{
	const struct group *group = getgrgid(gid);

	if (group != NULL)
		snprintf(out, NAME_SIZE, "%s", group->gr_name);
	else
		snprintf(out, NAME_SIZE, "%u", (unsigned int)gid);
}

static void name_user(char out[static NAME_SIZE])
{
	const struct passwd *user = getpwuid(geteuid());

	if (user != NULL)
		snprintf(out, NAME_SIZE, "%s", user->pw_name);
	else
		snprintf(out, NAME_SIZE, "%u", (unsigned int)geteuid());
}

static bool is_in_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

/* A session keeps the groups that its user had when it began. */
static bool will_be_in_group(gid_t gid, const char *user)
{
	const struct group *group = getgrgid(gid);

	for (char **member = group != NULL ? group->gr_mem : NULL; member != NULL && *member != NULL;
	     member++)
		if (strcmp(*member, user) == 0)
			return true;
	return false;
}

static void explain_denied(const char *socket, struct reach_words *out)
{
	char user[NAME_SIZE], group[NAME_SIZE];
	gid_t gid;

	out->reach = REACH_DENIED;
	name_user(user);
	if (group_of(socket, &gid) < 0 || gid == 0 || is_in_group(gid)) {
		snprintf(out->what, sizeof(out->what), "you (%s) may not connect to %s", user, socket);
		snprintf(out->mend, sizeof(out->mend),
			 "be root, or see control.group and control.mode in ftpalgd.conf(5)");
		return;
	}
	name_group(gid, group);
	snprintf(out->what, sizeof(out->what), "you (%s) are not in group %s, which may connect to %s",
		 user, group, socket);
	if (will_be_in_group(gid, user))
		snprintf(out->mend, sizeof(out->mend),
			 "log in again: you were added to it after this session began");
	else
		snprintf(out->mend, sizeof(out->mend),
			 "be root, or: usermod -aG %s %s, and log in again", group, user);
}

void reach_explain(const char *socket, int error, struct reach_words *out)
{
	if (error == -ENOENT || error == -ECONNREFUSED) {
		explain_absent(socket, error, out);
	} else if (error == -EACCES) {
		explain_denied(socket, out);
	} else {
		out->reach = REACH_FAILED;
		snprintf(out->what, sizeof(out->what), "cannot connect to %s: %s", socket,
			 strerror(-error));
		snprintf(out->mend, sizeof(out->mend), "journalctl -u ftpalgd");
	}
}
