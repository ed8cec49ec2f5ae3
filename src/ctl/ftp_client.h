/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of an FTP client as it takes to see whether a service works: log in, ask for a passive
 * port, list. It believes every address that the server names, as an honest client does.
 */
#ifndef FTPALGD_CTL_FTP_CLIENT_H
#define FTPALGD_CTL_FTP_CLIENT_H

#include "core/endpoint.h"

#define FTP_CLIENT_SECONDS 10 /* for each step */
#define FTP_REPLY_MAX 1024    /* bytes of a reply's last line; longer ones are cut */

struct ftp_client {
	int fd;
	size_t size; /* bytes read and not used */
	char bytes[4096];
	char reply[FTP_REPLY_MAX]; /* the last one's last line */
};

/* Connects, and reads the greeting. Returns its code, or -errno. */
int ftp_client_open(const struct endpoint *service, struct ftp_client *c)
	__attribute__((warn_unused_result));
void ftp_client_close(struct ftp_client *c);

/* Sends a command and waits for its reply. Returns the code, or -errno; -EINVAL: not a command. */
int ftp_client_say(struct ftp_client *c, const char *verb, const char *argument)
	__attribute__((warn_unused_result));

/* Waits for a further reply. */
int ftp_client_hear(struct ftp_client *c) __attribute__((warn_unused_result));

/* Connects for data. Returns a descriptor or -errno. */
int ftp_client_connect(const struct endpoint *to) __attribute__((warn_unused_result));

#endif
