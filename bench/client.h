/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control connection for measuring: says a line, reads a reply. Any failure ends the program.
 */
#ifndef FTPALGD_BENCH_CLIENT_H
#define FTPALGD_BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdint.h>

void client_fail(const char *what) __attribute__((noreturn));
uint64_t client_now(void); /* ns, monotonic */

/* A connected socket without Nagle's algorithm, time limit 20 s. */
int client_connect(const struct sockaddr_in *to);
int client_try(const struct sockaddr_in *to); /* -1 where it is refused */

/* Reads up to the end of a one-line reply, whose code must begin with that digit; returns its text. */
const char *client_reply(int fd, char code);

/* Sends the line, its end included, and reads the reply. */
const char *client_say(int fd, const char *line, char code);

/* The end point that a 227 with brackets announces. */
struct sockaddr_in client_announced(const char *reply);

/* PASV; the announced end point. */
struct sockaddr_in client_passive(int fd);

/* "192.0.2.10", "21" */
struct sockaddr_in client_address(const char *address, const char *port);

#endif
