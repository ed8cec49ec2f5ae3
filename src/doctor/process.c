/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 64, NAME_SIZE = 32 };

static bool is_named(long pid, const char *wanted)
{
	char path[PATH_SIZE], name[NAME_SIZE] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(name, sizeof(name), file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
	return strcmp(name, wanted) == 0;
}

/* Where the other one's may not be seen it may be ours. */
static bool is_in_our_namespace(long pid)
{
	struct stat its, ours;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%ld/ns/net", pid);
	if (stat(path, &its) < 0 || stat("/proc/self/ns/net", &ours) < 0)
		return true;
	return its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
}

long doctor_find_daemon(void)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	long found = 0;

	if (processes == NULL)
		return 0;
	while (found == 0 && (entry = readdir(processes)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && is_named(pid, "ftpalgd") && is_in_our_namespace(pid))
			found = pid;
	}
	closedir(processes);
	return found;
}
