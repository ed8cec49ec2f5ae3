/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket over a real Unix socket, with a gateway that is made up. Server and clients
 * are one thread: whoever waits for a reply lets the server work meanwhile.
 */
#include "control_fake.h"
#include "daemon/control.h"
#include "daemon/control_request.h"
#include "run.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 60, LIMIT_MS = 10000 };

static char directory[] = "/tmp/check_control.XXXXXX";
static char path[sizeof(directory) + sizeof("/run/control")];
static struct fake *fake;
static struct control *control;
static struct log *logger;

static void discard(void *context, const struct log_record *record)
{
	(void)context;
	(void)record;
}

static void begin(void)
{
	struct control_subject subject;
	struct control_plan plan = { .group = "", .subject = &subject, .patience = PATIENCE_MS };

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

static void end(void)
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

/* Lets the server work until fd is readable or closed; false after a time without either. */
static bool wait_for(int fd)
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

/* Lets it do what it can do at once. */
static void let_work(void)
{
	struct pollfd fd = { control_fd(control), POLLIN, 0 };

	while (poll(&fd, 1, 0) > 0)
		control_handle(control);
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
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

static json_t *hear(int fd)
{
	static char line[1 << 20];
	json_t *reply;

	ck_assert_msg(read_line(fd, line, sizeof(line)), "the connection was closed");
	reply = json_loads(line, 0, NULL);
	ck_assert_msg(json_is_object(reply), "not a JSON object: %s", line);
	return reply;
}

static bool is_closed(int fd)
{
	char byte;

	return wait_for(fd) && recv(fd, &byte, 1, 0) <= 0;
}

static const char *error_code(const json_t *reply)
{
	const char *code;

	ck_assert(json_is_false(json_object_get(reply, "ok")));
	code = json_string_value(json_object_get(json_object_get(reply, "error"), "code"));
	return code != NULL ? code : "";
}

/* Says it on a connection of its own, and returns the reply. */
static json_t *ask(const char *request)
{
	int fd = connect_client();
	json_t *reply;

	say(fd, request);
	say(fd, "\n");
	reply = hear(fd);
	close(fd);
	return reply;
}

static json_t *ask_well(const char *request)
{
	json_t *reply = ask(request), *result;
	char *text = json_dumps(reply, 0);

	ck_assert_msg(json_is_true(json_object_get(reply, "ok")), "refused: %s", text);
	free(text);
	ck_assert_int_eq(json_integer_value(json_object_get(reply, "schema")), 1);
	result = json_incref(json_object_get(reply, "result"));
	json_decref(reply);
	return result;
}

static void assert_refused(const char *request, const char *code)
{
	json_t *reply = ask(request);

	ck_assert_str_eq(error_code(reply), code);
	json_decref(reply);
}

static json_int_t number(const json_t *object, const char *key)
{
	ck_assert_msg(json_is_integer(json_object_get(object, key)), "%s is no number", key);
	return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	ck_assert_msg(json_is_string(json_object_get(object, key)), "%s is no text", key);
	return json_string_value(json_object_get(object, key));
}

/* ---- commands ---- */

START_TEST(status_names_health_ruleset_and_queues)
{
	json_t *status, *queues;

	counter_add(&fake->counters[1].packets, 17);
	fake_session(fake, 1, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	status = ask_well("{\"command\":\"status\"}");
	ck_assert_str_eq(text(status, "version"), PACKAGE_VERSION);
	ck_assert_str_eq(text(status, "health"), "fine");
	ck_assert_str_eq(text(status, "ruleset"), "effective");
	ck_assert_str_eq(text(json_object_get(status, "backup"), "group"), "224.0.0.81:8848");
	ck_assert_int_eq(number(status, "services"), 2);
	ck_assert_int_eq(number(status, "sessions"), 1);
	queues = json_object_get(status, "queues");
	ck_assert_uint_eq(json_array_size(queues), FAKE_WORKERS);
	ck_assert_int_eq(number(json_array_get(queues, 1), "queue"), FAKE_QUEUE + 1);
	ck_assert_int_eq(number(json_array_get(queues, 1), "packets"), 17);
	json_decref(status);
}
END_TEST

START_TEST(status_says_what_is_in_trouble)
{
	json_t *status;

	fake->queues[1].number = 0;
	fake->machine.ruleset = RULESET_DECLARED;
	fake->machine.has_backup = false;
	status = ask_well("{\"command\":\"status\"}");
	ck_assert_str_eq(text(status, "health"), "trouble");
	ck_assert_uint_eq(json_array_size(json_object_get(status, "problems")), 3);
	ck_assert(json_is_null(json_object_get(status, "backup")));
	json_decref(status);
}
END_TEST

START_TEST(services_have_their_counters_and_their_servers)
{
	json_t *result, *services, *s;

	counter_add(&fake->services[0].sessions, 3);
	counter_add(&fake->services[0].reasons[REASON_ADDRESS_FOREIGN], 2);
	result = ask_well("{\"command\":\"services\"}");
	services = json_object_get(result, "services");
	ck_assert_uint_eq(json_array_size(services), 2);
	ck_assert(json_is_null(json_object_get(result, "next")));
	s = json_array_get(services, 0);
	ck_assert_str_eq(text(s, "address"), fake->policy->services[0].name[0] == 'f'
						     ? "192.0.2.10:21" : "[2001:db8::10]:2121");
	ck_assert_int_eq(number(json_object_get(s, "counters"), "sessions"), 3);
	ck_assert_int_eq(number(json_object_get(json_object_get(s, "counters"), "reasons"),
				"address_foreign"), 2);
	ck_assert_int_eq(number(json_object_get(s, "ipvs"), "masquerading"), 2);
	ck_assert(json_is_null(json_object_get(json_array_get(services, 1), "ipvs")));
	json_decref(result);
}
END_TEST

static size_t count_sessions(const char *request)
{
	json_t *result = ask_well(request);
	size_t count = json_array_size(json_object_get(result, "sessions"));

	json_decref(result);
	return count;
}

START_TEST(sessions_are_filtered_by_client_service_and_server)
{
	fake_session(fake, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	fake_session(fake, 1, "198.51.100.2:1026", "192.0.2.10:21", "10.0.0.3:21");
	fake_session(fake, 1, "[2001:db8:1::2]:1025", "[2001:db8::10]:2121", "[fd00::2]:21");
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\"}"), 3);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"client\":\"198.51.100.2\"}"), 2);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"client\":\"198.51.100.2:1026\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"six\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"2001:db8::10\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"server\":\"10.0.0.3\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"ftp\",\"server\":\"10.0.0.3:22\"}"), 0);
	assert_refused("{\"command\":\"sessions\",\"service\":\"seven\"}", "no_such_service");
}
END_TEST

START_TEST(a_session_tells_its_age_and_state)
{
	struct session *s = fake_session(fake, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	json_t *result, *view;

	s->openings = 4;
	s->dialogue.encrypted = true;
	result = ask_well("{\"command\":\"sessions\"}");
	view = json_array_get(json_object_get(result, "sessions"), 0);
	ck_assert_str_eq(text(view, "client"), "198.51.100.2:1025");
	ck_assert_str_eq(text(view, "server"), "10.0.0.2:21");
	ck_assert_str_eq(text(view, "service_name"), "ftp");
	ck_assert_str_eq(text(view, "state"), "encrypted");
	ck_assert_int_eq(number(view, "openings"), 4);
	ck_assert_int_gt(number(view, "age"), 0);
	json_decref(result);
}
END_TEST

START_TEST(sessions_come_in_pages_and_each_once)
{
	enum { MANY = 3500 };
	static bool seen[MANY];
	char request[128] = "{\"command\":\"sessions\",\"limit\":1000}", client[32];
	size_t count = 0, pages = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(client, sizeof(client), "198.51.100.2:%u", 10000 + i);
		fake_session(fake, i % FAKE_WORKERS, client, "192.0.2.10:21", "10.0.0.2:21");
	}
	for (bool more = true; more; pages++) {
		json_t *result = ask_well(request), *s;
		size_t i;

		json_array_foreach (json_object_get(result, "sessions"), i, s) {
			size_t which = (size_t)atoi(strchr(text(s, "client"), ':') + 1) - 10000;

			ck_assert_msg(!seen[which], "session %zu comes twice", which);
			seen[which] = true;
			count++;
		}
		more = json_is_integer(json_object_get(result, "next"));
		if (more)
			snprintf(request, sizeof(request),
				 "{\"command\":\"sessions\",\"limit\":1000,\"after\":%lld}",
				 (long long)number(result, "next"));
		json_decref(result);
		ck_assert_uint_lt(pages, 20);
	}
	ck_assert_uint_eq(count, MANY);
}
END_TEST

START_TEST(stats_have_all_reasons)
{
	json_t *result, *total;

	counter_add(&fake->counters[0].openings[MODE_PASSIVE], 5);
	counter_add(&fake->counters[1].openings[MODE_PASSIVE], 6);
	result = ask_well("{\"command\":\"stats\"}");
	total = json_object_get(result, "total");
	ck_assert_int_eq(number(json_object_get(total, "openings"), "PASV"), 11);
	ck_assert_uint_eq(json_object_size(json_object_get(total, "reasons")), REASONS);
	json_decref(result);
}
END_TEST

/* A family is whole under its TYPE, names are legal, values are numbers, no sample comes twice. */
START_TEST(metrics_are_in_prometheus_format)
{
	json_t *result, *samples = json_object();
	char family[128] = "", *copy, *line, *rest;

	counter_add(&fake->services[0].sessions, 1);
	counter_add(&fake->services[0].reasons[REASON_PORTS_EXHAUSTED], 1);
	latency_add(&fake->latency[0], 3, 2);
	latency_add(&fake->latency[1], 100, 1);
	latency_add(&fake->latency[1], 90000000, 1);
	result = ask_well("{\"command\":\"metrics\"}");
	copy = strdup(text(result, "text"));
	ck_assert_int_eq(copy[strlen(copy) - 1], '\n');
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strrchr(line, ' '), *end;

		if (strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (sscanf(line, "# TYPE %127s", family) == 1)
			continue;
		ck_assert_msg(strncmp(line, family, strlen(family)) == 0, "%s is not in %s", line, family);
		ck_assert_uint_lt(strspn(line, "abcdefghijklmnopqrstuvwxyz_"), strlen(line));
		ck_assert_ptr_nonnull(value);
		strtod(value + 1, &end);
		ck_assert_msg(end > value + 1 && *end == '\0', "%s has no value", line);
		*value = '\0';
		ck_assert_msg(json_object_get(samples, line) == NULL, "%s comes twice", line);
		json_object_set_new(samples, line, json_string(value + 1));
	}
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"1.6e-05\"}"), "2");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"0.000128\"}"), "3");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"+Inf\"}"), "4");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_count"), "4");
	free(copy);
	json_decref(samples);
	json_decref(result);
}
END_TEST

START_TEST(reload_says_what_changes)
{
	json_t *result;

	fake->reload_words = "guard: false -> true\n";
	result = ask_well("{\"command\":\"reload\"}");
	ck_assert_int_eq(fake->reloads, 1);
	ck_assert_str_eq(text(result, "changes"), "guard: false -> true\n");
	json_decref(result);
}
END_TEST

START_TEST(a_failed_reload_says_why)
{
	json_t *reply;

	fake->reload_words = "ftpalgd.conf:3: unknown key \"gaurd\"\n";
	fake->reload_result = -EINVAL;
	reply = ask("{\"command\":\"reload\"}");
	ck_assert_str_eq(error_code(reply), "failed");
	ck_assert_ptr_nonnull(strstr(text(json_object_get(reply, "error"), "text"), "gaurd"));
	json_decref(reply);
}
END_TEST

START_TEST(log_sets_the_level)
{
	json_decref(ask_well("{\"command\":\"log\",\"level\":\"debug\"}"));
	ck_assert_int_eq(fake->level, LOG_LEVEL_DEBUG);
	assert_refused("{\"command\":\"log\",\"level\":\"loud\"}", "bad_argument");
	assert_refused("{\"command\":\"log\"}", "missing_argument");
}
END_TEST

/* ---- bad input ---- */

static const struct {
	const char *request;
	const char *code;
} bad[] = {
	{ "", "malformed" },
	{ "status", "malformed" },
	{ "{\"command\":\"status\"", "malformed" },
	{ "{\"command\":\"status\"} x", "malformed" },
	{ "{\"command\":\"status\",\"command\":\"reload\"}", "malformed" },
	{ "[\"status\"]", "malformed" },
	{ "null", "malformed" },
	{ "{}", "malformed" },
	{ "{\"command\":7}", "malformed" },
	{ "{\"command\":\"\"}", "malformed" },
	{ "{\"command\":\"st\\u0000atus\"}", "malformed" },
	{ "{\"command\":\"status\\u001b[2J\"}", "unknown_command" },
	{ "{\"command\":\"a command whose name is longer than any\"}", "malformed" },
	{ "{\"command\":\"stat\"}", "unknown_command" },
	{ "{\"command\":\"status\",\"colour\":\"red\"}", "unknown_argument" },
	{ "{\"command\":\"status\",\"client\":\"192.0.2.1\"}", "unknown_argument" },
	{ "{\"command\":\"sessions\",\"client\":\"192.0.2\"}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"client\":\"192.0.2.1:65536\"}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"client\":7}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":0}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":1001}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":-1}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":1e3}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"after\":-1}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"after\":99999999999999999999}", "malformed" },
};

START_TEST(bad_requests_are_refused_with_a_reason)
{
	json_t *reply = ask(bad[_i].request);
	const char *words;

	ck_assert_str_eq(error_code(reply), bad[_i].code);
	words = text(json_object_get(reply, "error"), "text");
	for (; *words != '\0'; words++)
		ck_assert_int_ge(*words, ' ');
	json_decref(reply);
}
END_TEST

START_TEST(a_place_behind_everything_is_an_empty_page)
{
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"after\":9223372036854775807}"), 0);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"after\":4294967295}"), 0);
	json_decref(ask_well("{\"command\":\"services\",\"after\":9223372036854775807}"));
}
END_TEST

START_TEST(an_oversized_request_is_refused_and_the_connection_closed)
{
	static char large[CONTROL_REQUEST_MAX + 1];
	int fd = connect_client();
	json_t *reply;

	memset(large, ' ', sizeof(large) - 1);
	say(fd, large);
	reply = hear(fd);
	ck_assert_str_eq(error_code(reply), "too_large");
	ck_assert(is_closed(fd));
	json_decref(reply);
	close(fd);
}
END_TEST

START_TEST(half_a_request_at_the_end_of_the_stream_is_refused)
{
	int fd = connect_client();
	json_t *reply;

	say(fd, "{\"command\":\"sta");
	shutdown(fd, SHUT_WR);
	reply = hear(fd);
	ck_assert_str_eq(error_code(reply), "malformed");
	ck_assert(is_closed(fd));
	json_decref(reply);
	close(fd);
}
END_TEST

START_TEST(half_a_request_that_is_never_finished_is_given_up)
{
	int fd = connect_client();

	say(fd, "{\"command\":\"sta");
	ck_assert(is_closed(fd));
	close(fd);
}
END_TEST

START_TEST(requests_before_the_end_of_the_stream_are_answered)
{
	int fd = connect_client();

	say(fd, "{\"command\":\"status\"}\n{\"command\":\"stats\"}\n");
	shutdown(fd, SHUT_WR);
	json_decref(hear(fd));
	json_decref(hear(fd));
	ck_assert(is_closed(fd));
	close(fd);
}
END_TEST

START_TEST(a_request_may_come_in_single_bytes)
{
	const char *request = "{\"command\":\"status\"}\r\n";
	int fd = connect_client();
	json_t *reply;

	for (; *request != '\0'; request++) {
		const char byte[] = { *request, '\0' };

		say(fd, byte);
		let_work();
	}
	reply = hear(fd);
	ck_assert(json_is_true(json_object_get(reply, "ok")));
	json_decref(reply);
	close(fd);
}
END_TEST

START_TEST(a_client_that_never_reads_is_cut_off_and_harms_nobody)
{
	static const char request[] = "{\"command\":\"metrics\"}\n";
	int fd = connect_client();
	struct pollfd writable = { fd, POLLOUT, 0 };
	bool cut = false;

	for (unsigned int i = 0; i < 1000000 && !cut; i++) {
		if (poll(&writable, 1, 0) > 0)
			cut = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
			      errno != EAGAIN;
		let_work();
		if (i % 64 == 0)
			json_decref(ask_well("{\"command\":\"status\"}"));
	}
	ck_assert_msg(cut, "it is still connected");
	close(fd);
}
END_TEST

/* ---- many clients ---- */

START_TEST(one_client_too_many_takes_the_place_of_the_most_silent)
{
	int fds[CONTROL_CLIENTS_MAX], late;
	json_t *reply;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_client();
		let_work();
	}
	usleep(2000); /* so that the first one's request is later than every arrival */
	say(fds[0], "{\"command\":\"status\"}\n");
	json_decref(hear(fds[0]));
	late = connect_client();
	say(late, "{\"command\":\"status\"}\n");
	reply = hear(late);
	ck_assert(json_is_true(json_object_get(reply, "ok")));
	json_decref(reply);
	say(fds[0], "{\"command\":\"status\"}\n");
	json_decref(hear(fds[0]));
	reply = hear(fds[1]);
	ck_assert_str_eq(error_code(reply), "too_many_clients");
	ck_assert(is_closed(fds[1]));
	json_decref(reply);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(late);
}
END_TEST

START_TEST(where_all_are_at_work_a_further_client_is_turned_away)
{
	int fds[CONTROL_CLIENTS_MAX], late;
	json_t *reply;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_client();
		say(fds[i], "{");
		let_work();
	}
	late = connect_client();
	reply = hear(late);
	ck_assert_str_eq(error_code(reply), "too_many_clients");
	ck_assert(is_closed(late));
	json_decref(reply);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(late);
}
END_TEST

START_TEST(a_thousand_clients_come_and_go)
{
	int fds[1000];

	for (size_t i = 0; i < 1000; i++) {
		fds[i] = connect_client();
		let_work();
	}
	json_decref(ask_well("{\"command\":\"status\"}"));
	for (size_t i = 0; i < 1000; i++)
		close(fds[i]);
	let_work();
	json_decref(ask_well("{\"command\":\"status\"}"));
}
END_TEST

/* ---- who may what ---- */

/* What somebody without privileges is told, as the exit status of a process of its own. */
static int ask_unprivileged(const char *request, const char *expected)
{
	char line[4096] = "";
	size_t used = 0;
	int fd;

	if (setresuid(65534, 65534, 65534) < 0)
		return 3;
	fd = connect_client();
	say(fd, request);
	while (used < sizeof(line) - 1 && strchr(line, '\n') == NULL) {
		ssize_t got = recv(fd, line + used, sizeof(line) - 1 - used, 0);

		if (got <= 0)
			return 2;
		used += (size_t)got;
	}
	return strstr(line, expected) != NULL ? 0 : 1;
}

static void assert_unprivileged(const char *request, const char *expected)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(ask_unprivileged(request, expected));
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct pollfd fd = { control_fd(control), POLLIN, 0 };

		if (poll(&fd, 1, 20) > 0)
			control_handle(control);
	}
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s is not answered with %s (%d)",
		      request, expected, status);
}

START_TEST(others_may_look_and_change_nothing)
{
	if (geteuid() != 0)
		return; /* a second user is needed */
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	assert_unprivileged("{\"command\":\"status\"}\n", "\"ok\":true");
	assert_unprivileged("{\"command\":\"reload\"}\n", "not_allowed");
	assert_unprivileged("{\"command\":\"log\",\"level\":\"debug\"}\n", "not_allowed");
	ck_assert_int_eq(fake->reloads, 0);
}
END_TEST

START_TEST(the_socket_is_for_owner_and_group)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07777, 0660);
}
END_TEST

START_TEST(a_second_daemon_leaves_the_socket_alone)
{
	struct control_subject subject = fake_subject(fake);
	const struct control_plan plan = { path, "", &subject, logger, 0 };
	struct control *second = NULL;

	ck_assert_int_eq(control_open(&plan, &second), -EADDRINUSE);
	json_decref(ask_well("{\"command\":\"status\"}"));
}
END_TEST

START_TEST(a_socket_that_a_dead_daemon_left_is_replaced)
{
	struct control_subject subject = fake_subject(fake);
	const struct control_plan plan = { path, "no such group", &subject, logger, 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	control_close(control);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(control_open(&plan, &control), 0);
	json_decref(ask_well("{\"command\":\"status\"}"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, status_names_health_ruleset_and_queues);
	tcase_add_test(t, status_says_what_is_in_trouble);
	tcase_add_test(t, services_have_their_counters_and_their_servers);
	tcase_add_test(t, sessions_are_filtered_by_client_service_and_server);
	tcase_add_test(t, a_session_tells_its_age_and_state);
	tcase_add_test(t, sessions_come_in_pages_and_each_once);
	tcase_add_test(t, stats_have_all_reasons);
	tcase_add_test(t, metrics_are_in_prometheus_format);
	tcase_add_test(t, reload_says_what_changes);
	tcase_add_test(t, a_failed_reload_says_why);
	tcase_add_test(t, log_sets_the_level);
	tcase_add_loop_test(t, bad_requests_are_refused_with_a_reason, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, a_place_behind_everything_is_an_empty_page);
	tcase_add_test(t, an_oversized_request_is_refused_and_the_connection_closed);
	tcase_add_test(t, half_a_request_at_the_end_of_the_stream_is_refused);
	tcase_add_test(t, half_a_request_that_is_never_finished_is_given_up);
	tcase_add_test(t, requests_before_the_end_of_the_stream_are_answered);
	tcase_add_test(t, a_request_may_come_in_single_bytes);
	tcase_add_test(t, a_client_that_never_reads_is_cut_off_and_harms_nobody);
	tcase_add_test(t, one_client_too_many_takes_the_place_of_the_most_silent);
	tcase_add_test(t, where_all_are_at_work_a_further_client_is_turned_away);
	tcase_add_test(t, a_thousand_clients_come_and_go);
	tcase_add_test(t, others_may_look_and_change_nothing);
	tcase_add_test(t, the_socket_is_for_owner_and_group);
	tcase_add_test(t, a_second_daemon_leaves_the_socket_alone);
	tcase_add_test(t, a_socket_that_a_dead_daemon_left_is_replaced);
	return run_suite("control", t);
}
