/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control socket with a made-up gateway behind it, and clients of it. Server and clients are one
 * thread: whoever waits for a reply lets the server work meanwhile.
 */
#ifndef FTPALGD_TESTS_CONTROL_TALK_H
#define FTPALGD_TESTS_CONTROL_TALK_H

#include "control_fake.h"
#include "control/control.h"

#include <jansson.h>

/* What talk_begin has opened. */
extern struct fake *fake;
extern struct control *control;
extern struct log *logger;
extern const char *const control_path;
extern const char *const control_directory; /* holds the socket's own */

/* Fixtures: the first is patient, the second has CONTROL_PATIENCE_MS shortened. */
void talk_begin(void);
void talk_begin_impatient(void);
void talk_end(void);

/* Lets the server work until fd is readable or closed; false after a time without either. */
bool wait_for(int fd);

/* Lets it do what it can do at once. */
void let_work(void);

int connect_client(void);
void say(int fd, const char *text);
json_t *hear(int fd);
bool is_closed(int fd);

/* Says it on a connection of its own, and returns the reply, or its result. */
json_t *ask_control(const char *request);
json_t *ask_well(const char *request);

const char *error_code(const json_t *reply);
void assert_refused(const char *request, const char *code);

/* Values that must be there. */
json_int_t number(const json_t *object, const char *key);
const char *text(const json_t *object, const char *key);

#endif
