/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgctl import: drafts the services section of ftpalgd.conf(5) from what already says which
 * services there are: the output of ipvsadm -Sn, or a keepalived.conf.
 *
 * A service is taken when it is TCP, has an FTP port (21, its own or a real server's) and real
 * servers behind NAT. Of others that look like FTP a comment says why they are left out.
 */
#ifndef FTPALGD_CTL_IMPORT_H
#define FTPALGD_CTL_IMPORT_H

#include "core/endpoint.h"
#include "ctl/options.h"

#define IMPORT_FILE_MAX (4 << 20)
#define IMPORT_FTP_PORT 21

struct imported {
	struct endpoint address;
	bool tcp;
	bool ftp_server; /* a real server has port 21 */
	unsigned int masquerading;
	unsigned int others; /* real servers reached in other ways */
};

struct import {
	struct imported *services;
	size_t count;
	size_t room;
	unsigned int marks;    /* services by firewall mark, which have no address */
	unsigned int includes; /* other files that were named and not read */
	unsigned int strange;  /* lines or blocks that were not understood */
};

/* Each reads text, which ends with a NUL. Return 0 or -ENOMEM. */
int import_ipvsadm(const char *text, struct import *out) __attribute__((warn_unused_result));
int import_keepalived(const char *text, struct import *out) __attribute__((warn_unused_result));

/* Either of them, by what the text looks like. */
int import_read(const char *text, struct import *out) __attribute__((warn_unused_result));

/* Writes the section. Returns the number of services in it. */
size_t import_write(const struct import *import, FILE *out);

/* The service of that address, added where it is not there; NULL when memory is short. */
struct imported *import_service(struct import *import, const struct endpoint *address, bool tcp);

void import_free(struct import *import);

local_command import_run;

#endif
