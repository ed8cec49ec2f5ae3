/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control_talk.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 60, LIMIT_MS = 20000 };

static char directory[] = "/tmp/check_control.XXXXXX";
static char path[sizeof(directory) + sizeof("/run/control")];
struct fake *fake;
struct control *control;
struct log *logger;
const char *const control_path = path;
const char *const control_directory = directory;

static int discard(void *context, const struct log_record *record)
{
	(void)context;
	(void)record;
	return 0;
}

static void begin(uint64_t patience)
{
	struct control_subject subject;
	struct control_plan plan = { .group = "", .mode = 0660, .subject = &subject, .patience = patience };

	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/run/control", directory);
	fake = fake_new();
	subject = fake_subject(fake);
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, discard, NULL, &logger), 0);
	plan.log = logger;
	plan.socket = path;
	ck_assert_int_eq(control_open(&plan, &control), 0);
}

void talk_begin(void)
{
	begin(CONTROL_PATIENCE_MS);
}

void talk_begin_impatient(void)
{
	begin(PATIENCE_MS);
}

void talk_end(void)
{
	char run[sizeof(path)];

	control_close(control);
	ck_assert_int_eq(access(path, F_OK), -1);
	snprintf(run, sizeof(run), "%s/run", directory);
	rmdir(run);
	rmdir(directory);
	log_close(logger);
	fake_free(fake);
}

/* ---- a client ---- */

bool wait_for(int fd)
{
	struct pollfd fds[] = { { fd, POLLIN, 0 }, { control_fd(control), POLLIN, 0 } };

	for (;;) {
		int ready = poll(fds, 2, LIMIT_MS);

		if (ready <= 0)
			return false;
		if (fds[0].revents != 0)
			return true;
		control_handle(control);
	}
}

void let_work(void)
{
	struct pollfd fd = { control_fd(control), POLLIN, 0 };

	while (poll(&fd, 1, 0) > 0)
		control_handle(control);
}

int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Takes what is there up to the end of a line. Returns its size, or 0 at the end of the stream. */
static size_t take(int fd, char *to, size_t room)
{
	ssize_t seen = recv(fd, to, room, MSG_PEEK);
	const char *newline = seen > 0 ? memchr(to, '\n', (size_t)seen) : NULL;

	if (newline != NULL)
		seen = newline - to + 1;
	return seen > 0 ? (size_t)recv(fd, to, (size_t)seen, 0) : 0;
}

/* The next line, without its end; false at the end of the stream. */
static bool read_line(int fd, char *line, size_t size)
{
	for (size_t used = 0, got; used < size; used += got) {
		ck_assert_msg(wait_for(fd), "no reply");
		got = take(fd, line + used, size - used);
		if (got == 0)
			return false;
		if (line[used + got - 1] == '\n') {
			line[used + got - 1] = '\0';
			return true;
		}
	}
	ck_abort_msg("the reply is longer than %zu bytes", size);
}

json_t *hear(int fd)
{
	static char line[1 << 20];
	json_t *reply;

	ck_assert_msg(read_line(fd, line, sizeof(line)), "the connection was closed");
	reply = json_loads(line, 0, NULL);
	ck_assert_msg(json_is_object(reply), "not a JSON object: %s", line);
	return reply;
}

bool is_closed(int fd)
{
	char byte;

	return wait_for(fd) && recv(fd, &byte, 1, 0) <= 0;
}

const char *error_code(const json_t *reply)
{
	const char *code;

	ck_assert(json_is_false(json_object_get(reply, "ok")));
	code = json_string_value(json_object_get(json_object_get(reply, "error"), "code"));
	return code != NULL ? code : "";
}

json_t *ask_control(const char *request)
{
	int fd = connect_client();
	json_t *reply;

	say(fd, request);
	say(fd, "\n");
	reply = hear(fd);
	close(fd);
	return reply;
}

json_t *ask_well(const char *request)
{
	json_t *reply = ask_control(request), *result;
	char *text = json_dumps(reply, 0);

	ck_assert_msg(json_is_true(json_object_get(reply, "ok")), "refused: %s", text);
	free(text);
	ck_assert_int_eq(json_integer_value(json_object_get(reply, "schema")), 1);
	result = json_incref(json_object_get(reply, "result"));
	json_decref(reply);
	return result;
}

void assert_refused(const char *request, const char *code)
{
	json_t *reply = ask_control(request);

	ck_assert_str_eq(error_code(reply), code);
	json_decref(reply);
}

json_int_t number(const json_t *object, const char *key)
{
	ck_assert_msg(json_is_integer(json_object_get(object, key)), "%s is no number", key);
	return json_integer_value(json_object_get(object, key));
}

const char *text(const json_t *object, const char *key)
{
	ck_assert_msg(json_is_string(json_object_get(object, key)), "%s is no text", key);
	return json_string_value(json_object_get(object, key));
}
