/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every key of ftpalgd.conf(5) once: its type, range, default, and where its value lives.
 *
 * Reading, describing changes and the tests of the shipped file and of the manual page walk
 * this table; a new key is a new row.
 */
#ifndef FTPALGD_CONFIG_OPTION_H
#define FTPALGD_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
	OPTION_BOOL,     /* bool */
	OPTION_NUMBER,   /* uint32_t, min to max */
	OPTION_WORD,     /* one of words; an enum or a bool */
	OPTION_TEXT,     /* char[size] */
	OPTION_ENDPOINT, /* struct endpoint */
	OPTION_ADDRESS,  /* struct endpoint, its port 0 */
	OPTION_PORTS,    /* struct port_range */
	OPTION_PORT_LIST, /* struct port_list */
	OPTION_TYPES,
};

struct option_word {
	const char *word; /* NULL ends the list */
	uint32_t value;
};

/*
 * Reads text into value, which is unchanged on failure. Returns NULL, or what is wrong with it
 * ("" where there is no more to say than what is allowed).
 */
typedef const char *option_read(const char *text, void *value, size_t size);

struct config_option {
	const char *group; /* "" at top level */
	const char *key;
	enum option_type type;
	bool required; /* there is no default */
	bool fixed;    /* a change needs a restart */
	size_t offset; /* in struct config; in struct service or real_server for their groups */
	size_t size;
	uint32_t min, max;               /* OPTION_NUMBER */
	uint32_t number;                 /* default of OPTION_BOOL, OPTION_NUMBER, OPTION_WORD */
	const char *text;                /* default of OPTION_TEXT */
	const struct option_word *words; /* OPTION_WORD */
	option_read *read;               /* OPTION_TEXT and what has a type of core */
	const char *allowed;             /* the same types, for messages */
};

/*
 * The groups whose members are those of each service in the list, and of each real server in the
 * list of a service.
 */
#define OPTION_SERVICES "services"
#define OPTION_SERVERS "services.servers"

/* Longest text of option_format and option_allowed, terminator included. */
#define OPTION_TEXT_MAX 256

extern const struct config_option config_options[];
extern const size_t config_option_count;

bool option_is_top(const struct config_option *o);
bool option_in_group(const struct config_option *o, const char *group);

/* The name of its group where that is one directly in the other group, else NULL. */
const char *option_subgroup(const struct config_option *o, const char *group);

/* Whether it lives in struct config: it is in neither of the two groups above. */
bool option_in_config(const struct config_option *o);

/* NULL when there is none. */
const struct config_option *option_find(const char *group, const char *key);
bool option_group_exists(const char *group);

/* base is the struct config, service or real_server. */
void option_set_default(const struct config_option *o, void *base);
void option_set_number(const struct config_option *o, void *base, uint32_t value);
void option_copy(const struct config_option *o, const void *from, void *to);

/* "limits.idle", or "guard" at top level. */
const char *option_name(const struct config_option *o, char out[static OPTION_TEXT_MAX]);

/* The value as the file would have it: 7200, true, "ipvs". */
const char *option_format(const struct config_option *o, const void *base,
			  char out[static OPTION_TEXT_MAX]);

/* What may be written: a number from 1 to 64. */
const char *option_allowed(const struct config_option *o, char out[static OPTION_TEXT_MAX]);

#endif
