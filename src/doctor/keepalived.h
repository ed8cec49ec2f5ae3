/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where keepalived will want the synchronisation threads of IPVS: the statement lvs_sync_daemon of
 * keepalived.conf(5). Files that it includes are not looked at.
 */
#ifndef FTPALGD_DOCTOR_KEEPALIVED_H
#define FTPALGD_DOCTOR_KEEPALIVED_H

#include "kernel/ipvs.h"

#define KEEPALIVED_CONF "/etc/keepalived/keepalived.conf"

/*
 * Fills in interface, id and group; an id that is not said is 0. False: there is no such statement, or the
 * file cannot be read.
 */
bool keepalived_sync_place(const char *path, struct ipvs_thread *place)
	__attribute__((warn_unused_result));

#endif
