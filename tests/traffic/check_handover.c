/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one daemon leaves to the next: the file of sessions, and the service manager's store. */
#include "traffic/handover.h"
#include "traffic/manager.h"
#include "traffic/session_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../support/run.h"

enum { NOW = 5000, ROOM = 64 };

/* ---- sessions ---- */

static struct flow flow(uint16_t client_port)
{
	struct flow f = { .id = client_port * 2654435761u, .has_helper = true };

	ck_assert_int_eq(endpoint_parse("198.51.100.7:1", &f.client), 0);
	ck_assert_int_eq(endpoint_parse("[2001:db8::10]:21", &f.service), 0);
	ck_assert_int_eq(endpoint_parse("10.0.0.2:2121", &f.server), 0);
	f.client.port = client_port;
	return f;
}

static struct session *add(struct table *t, uint16_t client_port)
{
	const struct flow f = flow(client_port);
	bool evicted;
	struct session *s = table_add(t, &f, NOW - 100, &evicted);
	struct dialogue d = { .streams = { { 1000u + client_port, 990, 77, 230, PHASE_START, 2 },
					   { 4000000000u + client_port, 5, 88, 0, PHASE_SKIP, 0 } },
			      .unsure = { 991, 17, 995, 0x6edcba98u }, .opened_at = NOW - 50,
			      .shown = 50001, .target = 50002, .active_openings = 3, .waiting_count = 3,
			      .waiting = { REQUEST_FOREIGN, REQUEST_SPOKEN, REQUEST_AUTH },
			      .spoken = true, .heard = client_port % 5 == 0, .alone = true, .unclean = client_port % 7 == 0,
			      .doubt = true, .greeted = true, .port_named = client_port % 2 == 0, .moved = client_port % 2 != 0, .refused = true, .listing_due = true, .server_seen = true,
			      .line_unsure = client_port % 3 == 1,
			      .bare_lf_server = true, .client_cr = true, .ended_oddly = true, .encrypted = client_port % 2, .cipher_seen = true,
			      .resynchronised = true, .transferring = client_port % 3 == 0 };

	ck_assert_ptr_nonnull(s);
	table_commit(t, s, &d, NOW - 40);
	s->openings = client_port;
	return s;
}

/* A session whose text was edited twice, and a line of which is unfinished. */
static struct session *add_spliced(struct table *t, uint16_t client_port)
{
	struct session *s = add(t, client_port);
	struct splice *p = table_take_splice(t, s, FROM_SERVER);

	s->adjusted = true;
	p->shift = 0xfffffff8u;
	p->withheld = true;
	p->partial_size = 5;
	memcpy(p->partial, "227 E", 5);
	p->edit_count = 2;
	p->edits[0] = (struct edit){ .start = 0xfffffff0u, .size = 40, .withheld = 5, .text_size = 44 };
	memset(p->edits[0].text, 'a', 44);
	p->edits[1] = (struct edit){ .start = 0x30, .size = 20, .text_size = EDIT_TEXT_MAX };
	memset(p->edits[1].text, 'b', EDIT_TEXT_MAX);
	table_take_splice(t, s, FROM_CLIENT)->shift = 8;
	return s;
}

static void expect_splice(const struct splice *a, const struct splice *b)
{
	ck_assert_uint_eq(a->shift, b->shift);
	ck_assert_int_eq(a->withheld, b->withheld);
	ck_assert_uint_eq(a->partial_size, b->partial_size);
	ck_assert_mem_eq(a->partial, b->partial, b->partial_size);
	ck_assert_uint_eq(a->edit_count, b->edit_count);
	for (size_t i = 0; i < b->edit_count; i++) {
		ck_assert_uint_eq(a->edits[i].start, b->edits[i].start);
		ck_assert_uint_eq(a->edits[i].size, b->edits[i].size);
		ck_assert_uint_eq(a->edits[i].withheld, b->edits[i].withheld);
		ck_assert_uint_eq(a->edits[i].text_size, b->edits[i].text_size);
		ck_assert_mem_eq(a->edits[i].text, b->edits[i].text, b->edits[i].text_size);
	}
}

/* The session with that port is the same in both tables. */
static void expect_same(struct table *a, struct table *b, uint16_t client_port)
{
	const struct flow f = flow(client_port);
	const struct session *s = table_find(a, &f), *old = table_find(b, &f);

	ck_assert_ptr_nonnull(s);
	ck_assert(endpoint_equal(&s->flow.server, &old->flow.server));
	ck_assert_int_eq(s->flow.has_helper, old->flow.has_helper);
	ck_assert_mem_eq(&s->dialogue, &old->dialogue, sizeof(s->dialogue));
	ck_assert_uint_eq(s->created, old->created);
	ck_assert_uint_eq(s->seen, old->seen);
	ck_assert_uint_eq(s->openings, old->openings);
	ck_assert_int_eq(s->adjusted, old->adjusted);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		ck_assert_int_eq(s->splices[d] != 0, old->splices[d] != 0);
		expect_splice(table_splice(a, s, d), table_splice(b, old, d));
	}
}

/* ---- the file ---- */

static char *bytes;
static size_t size;
static struct table *before;

static void write_file(void)
{
	FILE *out = open_memstream(&bytes, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(session_file_write(before, NOW, out), 0);
	ck_assert_int_eq(fclose(out), 0);
}

/* Reads the first length bytes into a new table. */
static int read_file(size_t length, size_t room, struct table **table)
{
	FILE *in = length > 0 ? fmemopen(bytes, length, "r") : fopen("/dev/null", "r");
	int error;

	ck_assert_ptr_nonnull(in);
	*table = table_new(room);
	error = session_file_read(in, NOW, *table);
	fclose(in);
	return error;
}

static void make_before(void)
{
	before = table_new(ROOM);
	add(before, 1);
	add_spliced(before, 2);
	add(before, 3);
	write_file();
}

static void free_before(void)
{
	table_free(before);
	free(bytes);
}

START_TEST(sessions_and_their_splices_come_back_as_they_were)
{
	struct table *after;

	ck_assert_int_eq(read_file(size, ROOM, &after), 0);
	ck_assert_uint_eq(table_count(after), 3);
	for (uint16_t port = 1; port <= 3; port++)
		expect_same(after, before, port);
	table_free(after);
}
END_TEST

START_TEST(a_file_that_breaks_off_gives_what_is_before_the_break)
{
	size_t most = 0;

	for (size_t length = 0; length < size; length++) {
		struct table *after;
		size_t count;

		ck_assert_int_lt(read_file(length, ROOM, &after), 0);
		count = table_count(after);
		ck_assert_uint_ge(count, most);
		if (count > 0)
			expect_same(after, before, 3); /* it transfers: these come first */
		most = count;
		table_free(after);
	}
	ck_assert_uint_eq(most, 3); /* of these nothing says that they were all */
}
END_TEST

START_TEST(another_version_is_refused_whole)
{
	struct table *after;

	for (size_t i = 0; i <= sizeof("ftpalgd sessions"); i++) {
		bytes[i] ^= 1;
		ck_assert_int_eq(read_file(size, ROOM, &after), -EPROTONOSUPPORT);
		ck_assert_uint_eq(table_count(after), 0);
		table_free(after);
		bytes[i] ^= 1;
	}
}
END_TEST

static void count_splices(struct session *s, void *context)
{
	(void)context;
	ck_assert_uint_le(NOW - s->seen, NOW - s->created);
	ck_assert_uint_eq(s->busy, 0);
}

/* Every byte with other values: what is taken is sound, whatever stands in the file. */
START_TEST(no_byte_can_do_harm)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff, 0x7f };

	for (size_t i = 0; i < size; i++)
		for (size_t c = 0; c < sizeof(changes); c++) {
			struct table *after;
			size_t position = 0;

			bytes[i] ^= (char)changes[c];
			if (read_file(size, ROOM, &after) == 0)
				ck_assert_uint_le(table_count(after), 3);
			table_walk(after, &position, ROOM, count_splices, NULL);
			bytes[i] ^= (char)changes[c];
			table_free(after);
		}
}
END_TEST

/* Writes the table with the one session as it is now, and reads it back. */
static int reread(struct table *t)
{
	struct table *after;
	int error;

	free(bytes);
	table_free(before);
	before = t;
	write_file();
	error = read_file(size, ROOM, &after);
	ck_assert_uint_eq(table_count(after), error == 0 ? 1 : 0);
	table_free(after);
	return error;
}

START_TEST(a_member_out_of_its_range_is_damage)
{
	for (int wrong = 0; wrong < 8; wrong++) {
		struct table *t = table_new(ROOM);
		struct session *s = add_spliced(t, 5);
		struct splice *p = table_take_splice(t, s, FROM_SERVER);

		switch (wrong) {
		case 0: break;
		case 1: s->dialogue.streams[FROM_SERVER].phase = PHASE_SKIP + 1; break;
		case 2: s->seen = NOW + 1; break;
		case 3: s->created = s->seen + 1; break;
		case 4: p->edits[0].withheld = 41; break;
		case 5: p->edits[1].start = 0x10; break;
		case 6: p->edits[1].start = 0xffffff00u; break;
		case 7: s->flow.client.port = 0; break;
		}
		ck_assert_msg(reread(t) == (wrong == 0 ? 0 : -EBADMSG), "case %d", wrong);
	}
}
END_TEST

/* Behind its member edit_count, and with much more in the file than a splice can hold. */
static char *inside_splice(void)
{
	char *roomy = calloc(1, size + 100000), *at;

	memcpy(roomy, bytes, size);
	free(bytes);
	bytes = roomy;
	at = memmem(bytes, size, "227 E", 5);
	ck_assert_ptr_nonnull(at);
	size += 100000;
	return at;
}

START_TEST(no_length_of_text_is_believed)
{
	const uint16_t much = 0x7fff;
	struct table *after;

	memcpy(inside_splice() - 3, &much, sizeof(much));
	ck_assert_int_eq(read_file(size, ROOM, &after), -EBADMSG);
	table_free(after);
}
END_TEST

START_TEST(no_number_of_edits_is_believed)
{
	char *at = inside_splice();
	struct table *after;

	at[-1] = '\xff';
	for (uint32_t start = 0; start < 0xff; start++) {
		memset(at + 5 + start * 10, 0, 10);
		memcpy(at + 5 + start * 10, &start, sizeof(start));
	}
	ck_assert_int_eq(read_file(size, ROOM, &after), -EBADMSG);
	table_free(after);
}
END_TEST

START_TEST(a_session_that_comes_twice_is_damage)
{
	const size_t header = sizeof("ftpalgd sessions") + 1, records = size - header - sizeof(uint16_t);
	struct table *after;
	char *twice = malloc(size + records);

	/* The records once more behind the first ones, and the end behind them. */
	memcpy(twice, bytes, header + records);
	memcpy(twice + header + records, bytes + header, size - header);
	free(bytes);
	bytes = twice;
	size += records;
	ck_assert_int_eq(read_file(size, ROOM, &after), -EBADMSG);
	ck_assert_uint_eq(table_count(after), 3);
	table_free(after);
}
END_TEST

START_TEST(of_too_many_those_that_transfer_and_the_youngest_stay)
{
	struct table *after;
	const struct flow transferring = flow(3), youngest = flow(2);

	ck_assert_int_eq(read_file(size, 2, &after), 0);
	ck_assert_uint_eq(table_count(after), 2);
	ck_assert_ptr_nonnull(table_find(after, &transferring));
	ck_assert_ptr_nonnull(table_find(after, &youngest));
	table_free(after);
}
END_TEST

/* The pool of the smallest table is 256: each of these sessions takes two. */
START_TEST(a_session_without_its_splices_is_not_taken)
{
	struct table *t = table_new(8192), *after;

	for (uint16_t port = 1; port <= 200; port++)
		add_spliced(t, port);
	table_free(before);
	free(bytes);
	before = t;
	write_file();
	ck_assert_int_eq(read_file(size, 1000, &after), 0);
	ck_assert_uint_eq(table_count(after), 128);
	table_free(after);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_an_error)
{
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(session_file_write(before, NOW, full), -EIO);
	fclose(full);
}
END_TEST

/* ---- the store, with this program in the place of the service manager ---- */

enum { STORED_MAX = 16, FIRST_FD = 3, OWN_FDS = 100 };

struct manager {
	int socket;
	pthread_t thread;
	size_t count;
	char names[STORED_MAX][64];
	int fds[STORED_MAX];
	size_t unpolled;
	char name[64]; /* for $NOTIFY_SOCKET */
};

static struct manager manager;
static struct log *logger;
static char logged[4096];

static int sink(void *context, const struct log_record *record)
{
	(void)context;
	strncat(logged, record->text, sizeof(logged) - strlen(logged) - 2);
	strcat(logged, "\n");
	return 0;
}

static void manager_forget(struct manager *m, const char *name)
{
	for (size_t i = m->count; i-- > 0;)
		if (strcmp(m->names[i], name) == 0) {
			close(m->fds[i]);
			m->count--;
			m->fds[i] = m->fds[m->count];
			memcpy(m->names[i], m->names[m->count], sizeof(m->names[i]));
		}
}

static int received_fd(struct msghdr *message)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(message);
	int fd = -1;

	for (; c != NULL; c = CMSG_NXTHDR(message, (struct cmsghdr *)c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static void manager_take(struct manager *m, const char *text, int fd)
{
	const char *at = strstr(text, "FDNAME=");
	char name[64] = "";

	if (at != NULL)
		sscanf(at, "FDNAME=%63[^\n]", name);
	if (strstr(text, "FDSTOREREMOVE=1") != NULL) {
		manager_forget(m, name);
	} else if (strstr(text, "FDSTORE=1") != NULL && m->count < STORED_MAX) {
		m->unpolled += strstr(text, "FDPOLL=0") != NULL;
		strcpy(m->names[m->count], name);
		m->fds[m->count++] = fcntl(fd, F_DUPFD_CLOEXEC, OWN_FDS);
	}
	if (fd >= 0)
		close(fd); /* the barrier's end */
}

/* Until a message says END. */
static void *manage(void *context)
{
	struct manager *m = context;
	char text[512];

	for (;;) {
		union { struct cmsghdr header; char room[256]; } control;
		struct iovec iov = { text, sizeof(text) - 1 };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
					  .msg_controllen = sizeof(control) };
		ssize_t length = recvmsg(m->socket, &message, MSG_CMSG_CLOEXEC);

		if (length <= 0)
			return NULL;
		text[length] = '\0';
		if (strcmp(text, "END") == 0)
			return NULL;
		manager_take(m, text, received_fd(&message));
	}
}

static void begin_manager(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *name = manager.name;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t length;

	snprintf(name, sizeof(manager.name), "@ftpalgd-check-%d", (int)getpid());
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
	manager.socket = fcntl(fd, F_DUPFD_CLOEXEC, OWN_FDS);
	close(fd);
	ck_assert_int_eq(bind(manager.socket, (struct sockaddr *)&address, length), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(pthread_create(&manager.thread, NULL, manage, &manager), 0);
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, sink, NULL, &logger), 0);
}

static void end_manager(void)
{
	setenv("NOTIFY_SOCKET", manager.name, 1);
	manager_notify("END");
	pthread_join(manager.thread, NULL);
	for (size_t i = 0; i < manager.count; i++)
		close(manager.fds[i]);
	close(manager.socket);
	log_close(logger);
}

/* A daemon starts, with all that is stored as its descriptors from 3 on. */
static struct handover *start(uint32_t first, uint32_t count)
{
	struct handover *h;
	char names[STORED_MAX * 64] = "", number[16];

	for (size_t i = 0; i < manager.count; i++) {
		ck_assert_int_ge(dup2(manager.fds[i], FIRST_FD + (int)i), 0);
		strcat(names, i > 0 ? ":" : "");
		strcat(names, manager.names[i]);
	}
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	snprintf(number, sizeof(number), "%zu", manager.count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	logged[0] = '\0';
	ck_assert_int_eq(handover_open(logger, first, count, &h), 0);
	return h;
}

static bool stores(const char *name)
{
	for (size_t i = 0; i < manager.count; i++)
		if (strcmp(manager.names[i], name) == 0)
			return true;
	return false;
}

static ino_t inode(int fd)
{
	struct stat s;

	ck_assert_int_eq(fstat(fd, &s), 0);
	return s.st_ino;
}

/* The first daemon of each test: one queue for each of count numbers, sessions in them. */
static ino_t run_first(uint32_t count)
{
	int queue = memfd_create("queue", 0);
	struct handover *h = start(2100, count);
	ino_t number = inode(queue);

	for (uint32_t i = 0; i < count; i++) {
		ck_assert_int_eq(handover_take_queue(h, (uint16_t)(2100 + i)), -1);
		handover_store_queue(h, (uint16_t)(2100 + i), queue);
	}
	ck_assert(!handover_has_sessions(h));
	handover_settle(h);
	ck_assert_str_eq(logged, "");
	for (uint32_t i = 0; i < count; i++)
		handover_store_sessions(h, (uint16_t)(2100 + i), NOW, before);
	handover_close(h);
	close(queue);
	ck_assert_uint_eq(manager.count, 2 * count);
	return number;
}

static size_t take_sessions(struct handover *h, uint16_t number)
{
	struct table *t = table_new(ROOM);
	size_t count;

	handover_take_sessions(h, number, NOW, t);
	count = table_count(t);
	table_free(t);
	return count;
}

START_TEST(queues_and_sessions_reach_the_next_daemon)
{
	const ino_t number = run_first(2);
	struct handover *h = start(2100, 2);
	int queue = handover_take_queue(h, 2101);

	ck_assert_int_ge(queue, 0);
	ck_assert_uint_eq(inode(queue), number);
	ck_assert(fcntl(queue, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(handover_take_queue(h, 2101), -1);
	close(handover_take_queue(h, 2100));
	ck_assert(handover_has_sessions(h));
	ck_assert_uint_eq(take_sessions(h, 2100), 3);
	ck_assert_uint_eq(take_sessions(h, 2101), 3);
	ck_assert_uint_eq(take_sessions(h, 2101), 0);
	handover_settle(h);
	ck_assert_str_eq(logged, "taken over from the daemon before: 2 queues, 6 sessions\n");
	handover_close(h);
	ck_assert_msg(manager.count == 2 && stores("queue-2100") && stores("queue-2101"),
		      "what was taken of the sessions is to be forgotten, and nothing else");
	ck_assert_uint_eq(manager.unpolled, 4);
	close(queue);
}
END_TEST

START_TEST(a_daemon_that_crashed_leaves_its_queues_and_its_adjusted_sessions)
{
	const struct flow adjusted = flow(2);
	struct journal *journal;
	struct handover *h;

	run_first(1);
	h = start(2100, 1);
	close(handover_take_queue(h, 2100));
	ck_assert_uint_eq(take_sessions(h, 2100), 3);
	journal = handover_store_journal(h, 2100);
	ck_assert_ptr_nonnull(journal);
	handover_settle(h);
	handover_close(h);
	journal_put(journal, before, table_find(before, &adjusted), NOW);
	journal_close(journal); /* without handover_store_sessions */
	h = start(2100, 1);
	ck_assert(!handover_has_sessions(h));
	close(handover_take_queue(h, 2100));
	ck_assert_uint_eq(take_sessions(h, 2100), 1);
	handover_settle(h);
	ck_assert_str_eq(logged, "taken over from the daemon before: 1 queues, 1 sessions\n");
	handover_close(h);
	ck_assert_uint_eq(manager.count, 1);
}
END_TEST

/* It holds the same sessions as the file, and fewer. */
START_TEST(after_an_orderly_end_the_journal_is_not_read)
{
	const struct flow adjusted = flow(2);
	struct journal *journal;
	struct handover *h = start(2100, 1);

	journal = handover_store_journal(h, 2100);
	journal_put(journal, before, table_find(before, &adjusted), NOW);
	handover_store_sessions(h, 2100, NOW, before);
	journal_close(journal);
	handover_close(h);
	h = start(2100, 1);
	ck_assert_uint_eq(take_sessions(h, 2100), 3);
	handover_settle(h);
	handover_close(h);
	ck_assert_uint_eq(manager.count, 0);
}
END_TEST

START_TEST(after_a_start_that_failed_the_next_finds_it_all)
{
	struct handover *h;

	run_first(1);
	h = start(2100, 1);
	close(handover_take_queue(h, 2100));
	handover_close(h); /* without handover_settle */
	ck_assert(stores("queue-2100"));
	ck_assert(stores("sessions-0-of-1"));
}
END_TEST

START_TEST(other_numbers_for_as_many_queues_keep_the_sessions)
{
	struct handover *h;

	run_first(1);
	h = start(3000, 1);
	ck_assert_int_eq(handover_take_queue(h, 3000), -1);
	ck_assert(handover_has_sessions(h));
	ck_assert_uint_eq(take_sessions(h, 3000), 3);
	handover_settle(h);
	handover_close(h);
	ck_assert_uint_eq(manager.count, 0);
}
END_TEST

START_TEST(another_number_of_queues_is_said_and_the_rest_forgotten)
{
	struct handover *h;

	run_first(2);
	h = start(2100, 1);
	close(handover_take_queue(h, 2100));
	ck_assert(!handover_has_sessions(h));
	ck_assert_uint_eq(take_sessions(h, 2100), 0);
	handover_settle(h);
	ck_assert_ptr_nonnull(strstr(logged, "no longer as many"));
	handover_close(h);
	ck_assert_uint_eq(manager.count, 1);
	ck_assert(stores("queue-2100"));
}
END_TEST

START_TEST(sessions_of_another_version_are_refused_in_one_line)
{
	struct handover *h;
	const uint8_t format = 0xff;

	run_first(2);
	for (size_t i = 0; i < manager.count; i++)
		if (strncmp(manager.names[i], "sessions", 8) == 0)
			ck_assert_int_eq(pwrite(manager.fds[i], &format, sizeof(format),
						sizeof("ftpalgd sessions")), sizeof(format));
	h = start(2100, 2);
	ck_assert_uint_eq(take_sessions(h, 2100), 0);
	ck_assert_uint_eq(take_sessions(h, 2101), 0);
	close(handover_take_queue(h, 2100));
	close(handover_take_queue(h, 2101));
	handover_settle(h);
	ck_assert_str_eq(logged,
			 "taken over from the daemon before: 2 queues, 0 sessions\n"
			 "the daemon before was of another version: its sessions are picked up midway\n");
	handover_close(h);
}
END_TEST

START_TEST(damaged_sessions_are_said)
{
	struct handover *h;

	run_first(1);
	for (size_t i = 0; i < manager.count; i++)
		if (strncmp(manager.names[i], "sessions", 8) == 0)
			ck_assert_int_eq(ftruncate(manager.fds[i], (off_t)size - 3), 0);
	h = start(2100, 1);
	ck_assert_uint_eq(take_sessions(h, 2100), 2);
	handover_settle(h);
	ck_assert_ptr_nonnull(strstr(logged, "cannot be read to their end"));
	handover_close(h);
}
END_TEST

START_TEST(a_queue_that_is_of_no_use_is_forgotten)
{
	struct handover *h;

	run_first(1);
	h = start(2100, 1);
	close(handover_take_queue(h, 2100));
	handover_refuse_queue(h, 2100);
	take_sessions(h, 2100);
	handover_settle(h);
	ck_assert_str_eq(logged, "");
	handover_close(h);
	ck_assert_uint_eq(manager.count, 0);
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
	struct handover *h;

	unsetenv("NOTIFY_SOCKET");
	h = start(2100, 1);
	handover_store_queue(h, 2100, 0);
	handover_store_sessions(h, 2100, NOW, before);
	handover_settle(h);
	handover_close(h);
	handover_close(NULL);
	ck_assert_str_eq(logged, "");
}
END_TEST

/*
 * The descriptors that stored ones are put on are taken before Check opens its own: which those would be
 * depends on what this program was started with.
 */
static void take_first_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && fd < FIRST_FD + STORED_MAX)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	TCase *file = tcase_create("file"), *store = tcase_create("store");

	take_first_descriptors();
	tcase_add_checked_fixture(file, make_before, free_before);
	tcase_add_test(file, sessions_and_their_splices_come_back_as_they_were);
	tcase_add_test(file, a_file_that_breaks_off_gives_what_is_before_the_break);
	tcase_add_test(file, another_version_is_refused_whole);
	tcase_add_test(file, no_byte_can_do_harm);
	tcase_add_test(file, a_member_out_of_its_range_is_damage);
	tcase_add_test(file, no_length_of_text_is_believed);
	tcase_add_test(file, no_number_of_edits_is_believed);
	tcase_add_test(file, a_session_that_comes_twice_is_damage);
	tcase_add_test(file, of_too_many_those_that_transfer_and_the_youngest_stay);
	tcase_add_test(file, a_session_without_its_splices_is_not_taken);
	tcase_add_test(file, a_file_that_cannot_be_written_is_an_error);
	tcase_add_checked_fixture(store, make_before, free_before);
	tcase_add_checked_fixture(store, begin_manager, end_manager);
	tcase_add_test(store, queues_and_sessions_reach_the_next_daemon);
	tcase_add_test(store, a_daemon_that_crashed_leaves_its_queues_and_its_adjusted_sessions);
	tcase_add_test(store, after_an_orderly_end_the_journal_is_not_read);
	tcase_add_test(store, after_a_start_that_failed_the_next_finds_it_all);
	tcase_add_test(store, other_numbers_for_as_many_queues_keep_the_sessions);
	tcase_add_test(store, another_number_of_queues_is_said_and_the_rest_forgotten);
	tcase_add_test(store, sessions_of_another_version_are_refused_in_one_line);
	tcase_add_test(store, damaged_sessions_are_said);
	tcase_add_test(store, a_queue_that_is_of_no_use_is_forgotten);
	tcase_add_test(store, without_a_manager_nothing_happens);
	return run_suite("handover", file, store);
}
