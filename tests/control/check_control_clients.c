/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of the control socket that are slow, hostile or many, and who may what.
 */
#include "control_talk.h"
#include "control/request.h"
#include "../support/run.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- others and root ---- */

enum { OTHERS = 1000 };

/* The socket's end that somebody without privileges has. */
static int connect_other(void)
{
	int fd;

	ck_assert_int_eq(seteuid(65534), 0);
	fd = connect_client();
	ck_assert_int_eq(seteuid(0), 0);
	return fd;
}

static void open_to_others(void)
{
	ck_assert_int_eq(chmod(control_directory, 0755), 0);
	ck_assert_int_eq(chmod(control_path, 0666), 0);
}

START_TEST(others_with_half_a_request_do_not_lock_root_out)
{
	static int fds[OTHERS];

	if (geteuid() != 0)
		return; /* a second user is needed */
	open_to_others();
	for (size_t i = 0; i < OTHERS; i++) {
		fds[i] = connect_other();
		let_work();
		if (send(fds[i], "{", 1, MSG_NOSIGNAL) < 0)
			continue; /* turned away */
		let_work();
	}
	json_decref(ask_well("{\"command\":\"status\"}"));
	for (size_t i = 0; i < OTHERS; i++)
		close(fds[i]);
}
END_TEST

START_TEST(others_do_not_take_roots_place)
{
	int fds[CONTROL_CLIENTS_MAX], root, late;
	json_t *reply;

	if (geteuid() != 0)
		return; /* a second user is needed */
	open_to_others();
	root = connect_client();
	let_work();
	usleep(2000); /* root is the most silent of all */
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_other();
		let_work();
	}
	late = connect_other();
	let_work();
	say(root, "{\"command\":\"status\"}\n");
	reply = hear(root);
	ck_assert(json_is_true(json_object_get(reply, "ok")));
	json_decref(reply);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(fds[i]);
	close(late);
	close(root);
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
	ck_assert_int_eq(chmod(control_directory, 0755), 0);
	ck_assert_int_eq(chmod(control_path, 0666), 0);
	assert_unprivileged("{\"command\":\"status\"}\n", "\"ok\":true");
	assert_unprivileged("{\"command\":\"reload\"}\n", "not_allowed");
	assert_unprivileged("{\"command\":\"log\",\"level\":\"debug\"}\n", "not_allowed");
	ck_assert_int_eq(fake->reloads, 0);
}
END_TEST

static mode_t mode_of_socket(void)
{
	struct stat st;

	ck_assert_int_eq(stat(control_path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	return st.st_mode & 07777;
}

START_TEST(the_socket_is_for_owner_and_group)
{
	ck_assert_uint_eq(mode_of_socket(), 0660);
}
END_TEST

START_TEST(a_second_daemon_leaves_the_socket_alone)
{
	struct control_subject subject = fake_subject(fake);
	const struct control_plan plan = { control_path, "", 0660, &subject, logger, 0 };
	struct control *second = NULL;

	ck_assert_int_eq(control_open(&plan, &second), -EADDRINUSE);
	json_decref(ask_well("{\"command\":\"status\"}"));
}
END_TEST

START_TEST(a_socket_that_a_dead_daemon_left_is_replaced)
{
	struct control_subject subject = fake_subject(fake);
	const struct control_plan plan = { control_path, "no such group", 0666, &subject, logger, 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	control_close(control);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", control_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(control_open(&plan, &control), 0);
	ck_assert_uint_eq(mode_of_socket(), 0666);
	json_decref(ask_well("{\"command\":\"status\"}"));
}
END_TEST

static TCase *impatient(void)
{
	TCase *t = tcase_create("impatient");

	tcase_add_checked_fixture(t, talk_begin_impatient, talk_end);
	tcase_add_test(t, half_a_request_that_is_never_finished_is_given_up);
	tcase_add_test(t, a_client_that_never_reads_is_cut_off_and_harms_nobody);
	return t;
}

static TCase *patient(void)
{
	TCase *t = tcase_create("patient");

	tcase_add_checked_fixture(t, talk_begin, talk_end);
	tcase_add_test(t, an_oversized_request_is_refused_and_the_connection_closed);
	tcase_add_test(t, half_a_request_at_the_end_of_the_stream_is_refused);
	tcase_add_test(t, requests_before_the_end_of_the_stream_are_answered);
	tcase_add_test(t, a_request_may_come_in_single_bytes);
	tcase_add_test(t, one_client_too_many_takes_the_place_of_the_most_silent);
	tcase_add_test(t, where_all_are_at_work_a_further_client_is_turned_away);
	tcase_add_test(t, a_thousand_clients_come_and_go);
	tcase_add_test(t, others_with_half_a_request_do_not_lock_root_out);
	tcase_add_test(t, others_do_not_take_roots_place);
	tcase_add_test(t, others_may_look_and_change_nothing);
	tcase_add_test(t, the_socket_is_for_owner_and_group);
	tcase_add_test(t, a_second_daemon_leaves_the_socket_alone);
	tcase_add_test(t, a_socket_that_a_dead_daemon_left_is_replaced);
	return t;
}

int main(void)
{
	return run_suite("control_clients", patient(), impatient());
}
