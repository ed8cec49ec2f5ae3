/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operator's configuration, ftpalgd.conf(5), as plain data.
 *
 * A struct config owns its memory and is whole: config_load either fills it from a file without
 * a single fault or leaves it alone. Keys, types, ranges and defaults are in option.c.
 * Seconds are seconds, ports are in host byte order.
 */
#ifndef FTPALGD_CONFIG_CONFIG_H
#define FTPALGD_CONFIG_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/policy.h"
#include "log/log.h"

#define CONFIG_SERVICES_MAX 4096
#define CONFIG_SERVERS_MAX 256 /* listed of one service */
#define CONFIG_QUEUES_MAX 256  /* more CPUs than this share them */
#define CONFIG_SOCKET_MAX 108  /* sun_path, its terminator included */
#define CONFIG_GROUP_MAX 33
#define CONFIG_TEXTFILE_MAX 128
#define CONFIG_SYNC_AUTO "auto" /* sync.interface: where others have their threads */
#define CONFIG_FILE_MAX (1 << 20) /* bytes of the file with all that it includes */

struct config {
	bool discover;
	bool guard;
	enum forwarding forwarding;
	struct {
		uint32_t first;
		uint32_t count;  /* 0: one per CPU; first + CONFIG_QUEUES_MAX always fits */
		uint32_t length; /* packets */
	} queues;
	struct {
		char interface[IF_NAMESIZE]; /* or CONFIG_SYNC_AUTO */
		uint32_t id;
	} sync;
	struct {
		uint32_t sessions;
		uint32_t openings_per_session;
		uint32_t openings_per_client;
		uint32_t sessions_per_client;
		uint32_t line; /* bytes, CRLF included */
		uint32_t idle; /* seconds */
	} limits;
	struct {
		uint32_t opening; /* seconds */
	} timeouts;
	struct {
		char socket[CONFIG_SOCKET_MAX];
		char group[CONFIG_GROUP_MAX]; /* "": the daemon's own */
		uint32_t mode;                /* permissions */
	} control;
	struct {
		char textfile[CONFIG_TEXTFILE_MAX]; /* "": none */
		uint32_t interval;                  /* seconds */
	} metrics;
	struct {
		enum log_level level;
	} log;
	size_t service_count;
	struct service *services; /* in the file's order, discovered is false */
	size_t server_count;
	struct real_server *servers; /* of all services, which point into it */
};

#define CONFIG_ERRORS_MAX 20
#define CONFIG_ERROR_TEXT_MAX 512

/* Whole lines for the operator: "file:line: what was found, what is allowed". */
struct config_errors {
	size_t count; /* of all; the first CONFIG_ERRORS_MAX are kept */
	char text[CONFIG_ERRORS_MAX][CONFIG_ERROR_TEXT_MAX];
};

/* What an absent or empty file means. */
void config_defaults(struct config *out);

/*
 * Reads the file and all that it includes. An absent file means the defaults unless must_exist.
 * Returns 0; or -EINVAL (the contents), -ENOMEM or the error of opening or reading, says why in
 * *errors, which holds at least one line then, and leaves *out as it was.
 */
int config_load(const char *path, bool must_exist, struct config *out,
		struct config_errors *errors) __attribute__((warn_unused_result));

/*
 * Where the daemon of that configuration listens for ftpalgctl, whatever faults other parts of the
 * file have. The default where the file cannot be read or says nothing of it.
 */
void config_find_socket(const char *path, char out[static CONFIG_SOCKET_MAX]);

/* Frees what *config owns, not config itself; takes NULL. */
void config_free(struct config *config);

/* One line each, and how many more there were. */
void config_errors_print(const struct config_errors *errors, FILE *out);

/* What there is on the machine, as far as it enters a policy. */
struct surroundings {
	const struct endpoint *found; /* services in IPVS; may hold doubles */
	size_t found_count;
	const struct endpoint *taken; /* as a policy has it */
	size_t taken_count;
};

/*
 * The snapshot for the workers: the services of the configuration, and, where discover is true,
 * those found that are not listed, with a service's defaults; and what is taken. workers is at
 * least 1 and divides the limit of sessions. Everything is copied. *out is the caller's, to be freed
 * with free(). Returns 0 or -ENOMEM.
 */
int config_to_policy(const struct config *config, const struct surroundings *surroundings,
		     uint32_t workers, struct policy **out) __attribute__((warn_unused_result));

/*
 * Says line by line what becomes different with next. Returns whether something of it waits for
 * a restart (queues, sync, control); those lines say so.
 */
bool config_describe_change(const struct config *running, const struct config *next, FILE *out);

/* Keeps in next what only a restart changes, so that it says what is in effect. */
void config_keep_fixed(const struct config *running, struct config *next);

#endif
