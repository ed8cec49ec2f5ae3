/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/backup.h"

#include <errno.h>
#include <string.h>

int backup_find(struct backup *b, struct ipvs *ipvs, struct ipvs_backup *found)
{
	int error = ipvs_backup_get(ipvs, found);

	if (error != -ESRCH)
		return error;
	error = ipvs_backup_start(ipvs, b->interface, b->id);
	if (error == 0)
		atomic_store(&b->started, true);
	else if (error != -EEXIST) /* another worker was first, or keepalived */
		return error;
	return ipvs_backup_get(ipvs, found);
}

int backup_release(struct backup *b, struct ipvs *ipvs)
{
	struct ipvs_backup running;
	int error;

	if (!atomic_load(&b->started))
		return 0;
	error = ipvs_backup_get(ipvs, &running);
	if (error < 0)
		return error;
	if (running.id != b->id || strcmp(running.interface, b->interface) != 0)
		return -ESRCH;
	return ipvs_backup_stop(ipvs);
}
