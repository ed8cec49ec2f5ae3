/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One request on the control socket: a JSON object with "command" and that command's arguments.
 *
 *	{"command": "sessions", "client": "198.51.100.2", "limit": 100}
 *
 * Nothing in it is taken on trust: an unknown key, a wrong type or a value out of range is an
 * error that says so. The protocol as a whole is described in ftpalgctl(8).
 */
#ifndef FTPALGD_CONTROL_REQUEST_H
#define FTPALGD_CONTROL_REQUEST_H

#include "core/flow.h"
#include "log/log.h"

#define CONTROL_REQUEST_MAX 4096 /* bytes, with its line end */
#define CONTROL_COMMAND_MAX 32
#define CONTROL_SERVICE_MAX 64
#define CONTROL_ERROR_MAX 2048   /* a configuration may have many faults */
#define CONTROL_PAGE_MAX 1000    /* largest limit */
#define CONTROL_PAGE 100         /* limit where none is asked for */

/* Arguments, one bit each. */
enum control_argument {
	ARGUMENT_CLIENT = 1 << 0,  /* address, with or without port */
	ARGUMENT_SERVICE = 1 << 1, /* the same, or the name of a service */
	ARGUMENT_SERVER = 1 << 2,  /* the same as CLIENT */
	ARGUMENT_ADDRESS = 1 << 3, /* a client or a virtual service */
	ARGUMENT_LEVEL = 1 << 4,
	ARGUMENT_AFTER = 1 << 5,   /* where the page before ended */
	ARGUMENT_LIMIT = 1 << 6,
};

struct control_request {
	char command[CONTROL_COMMAND_MAX];
	unsigned int given; /* enum control_argument */
	struct endpoint client;  /* port 0: any */
	struct endpoint service; /* only without service_name */
	char service_name[CONTROL_SERVICE_MAX];
	struct endpoint server;
	struct endpoint address;
	enum log_level level;
	uint64_t after;
	uint32_t limit;
};

/* Why a request was refused: a stable word and a sentence. */
struct control_error {
	const char *code;
	char text[CONTROL_ERROR_MAX];
};

void control_fail(struct control_error *error, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* line is without its end. Returns 0, or -EINVAL and says why in *error. */
int control_request_parse(const char *line, size_t size, struct control_request *out,
			  struct control_error *error) __attribute__((warn_unused_result));

/* Whether the flow passes the filters of the request: client, service, server, address. */
bool control_request_wants(const struct control_request *r, const struct flow *flow);

/* Name of an argument, as in JSON. */
const char *control_argument_name(enum control_argument argument);

/*
 * Reads "192.0.2.1", "192.0.2.1:1025", "2001:db8::1" or "[2001:db8::1]:1025". Returns 0, or
 * -EINVAL and leaves *e as it was.
 */
int control_parse_address(const char *text, struct endpoint *e) __attribute__((warn_unused_result));

#endif
