/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/probe.h"

#include "core/announcement.h"
#include "core/text.h"
#include "ctl/ftp_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TEXT_MAX = 512, CONTROL_PORT = 21 };

#define TRACE_MEND "on the director: ftpalgctl doctor; ftpalgctl trace ADDRESS-OF-THIS-MACHINE"

struct probe {
	const struct probe_plan *plan;
	struct ftp_client client;
	json_t *findings;
	int error; /* of the list */
};

/* ---- findings ---- */

static void find(struct probe *p, const char *id, const char *why, const char *mend,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct probe *p, const char *id, const char *why, const char *mend,
		 const char *format, ...)
{
	char raw[TEXT_MAX], what[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_escape(raw, what, sizeof(what));
	if (json_array_append_new(p->findings, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "severity",
							 "trouble", "what", what, "why", why, "mend",
							 mend)) < 0)
		p->error = -ENOMEM;
}

/* What a step came to, in words: the server's own, or the system's. */
static const char *words_of(const struct probe *p, int code)
{
	return code < 0 ? strerror(-code) : p->client.reply;
}

/* ---- data connections ---- */

/* Reads to the end, however much it is. Returns 0 or -errno. */
static int drain(int fd)
{
	char bytes[4096];
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		;
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return 0;
}

static void list(struct probe *p, const char *mode, const struct endpoint *to)
{
	char address[ENDPOINT_TEXT_MAX];
	int fd = ftp_client_connect(to), code, error;

	if (fd < 0) {
		find(p, "no_data_connection", "listings and transfers fail", TRACE_MEND,
		     "%s: no connection to %s, which the server named: %s", mode,
		     endpoint_format(to, address), strerror(-fd));
		return;
	}
	code = ftp_client_say(&p->client, "LIST", "");
	error = code >= 100 && code < 200 ? drain(fd) : 0;
	close(fd);
	if (code >= 100 && code < 200)
		code = ftp_client_hear(&p->client);
	if (error < 0 || code < 200 || code > 299)
		find(p, "no_listing", "the data connection was made, and nothing usable came over it",
		     TRACE_MEND, "%s: LIST failed: %s", mode,
		     error < 0 ? strerror(-error) : words_of(p, code));
}

static void probe_pasv(struct probe *p)
{
	char named[ENDPOINT_TEXT_MAX], own[ENDPOINT_TEXT_MAX];
	int code = ftp_client_say(&p->client, "PASV", "");
	const size_t size = strlen(p->client.reply);
	struct announcement a;

	if (code != 227 || announcement_find(p->client.reply, size, strlen("227 "), 227, &a) < 0) {
		find(p, "no_pasv", "clients in passive mode cannot transfer", "allow passive mode on the real servers",
		     "PASV: %s", words_of(p, code));
		return;
	}
	if (!endpoint_same_address(&a.named, &p->plan->service))
		find(p, "foreign_address", "the reply was not mended: clients that believe it connect to nowhere",
		     TRACE_MEND, "PASV: %s names %s", endpoint_format(&p->plan->service, own),
		     endpoint_format(&a.named, named));
	list(p, "PASV", &a.named);
}

static void probe_epsv(struct probe *p)
{
	int code = ftp_client_say(&p->client, "EPSV", "");
	const size_t size = strlen(p->client.reply);
	struct endpoint to = p->plan->service;
	struct announcement a;

	if (code >= 500 && code < 600)
		return; /* a server need not know it */
	if (code != 229 || announcement_find(p->client.reply, size, strlen("229 "), 229, &a) < 0) {
		find(p, "no_epsv", "clients in extended passive mode cannot transfer",
		     "allow passive mode on the real servers", "EPSV: %s", words_of(p, code));
		return;
	}
	to.port = a.named.port;
	list(p, "EPSV", &to);
}

/* ---- all of it ---- */

int probe_service_address(const char *text, struct endpoint *e)
{
	char with_port[ENDPOINT_TEXT_MAX];

	if (endpoint_parse(text, e) == 0)
		return 0;
	if (snprintf(with_port, sizeof(with_port), strchr(text, ':') == NULL ? "%s:%d" : "[%s]:%d", text,
		     CONTROL_PORT) >= (int)sizeof(with_port))
		return -EINVAL;
	return endpoint_parse(with_port, e);
}

static bool log_in(struct probe *p)
{
	int code = ftp_client_say(&p->client, "USER", p->plan->user);

	if (code == 331)
		code = ftp_client_say(&p->client, "PASS", p->plan->password);
	if (code >= 200 && code < 300)
		return true;
	find(p, "no_login", "nothing more can be tried",
	     "give --user, and the password in the environment variable FTPALGCTL_PASSWORD",
	     "the server does not let %s in: %s", p->plan->user, words_of(p, code));
	return false;
}

int probe_service(const struct probe_plan *plan, json_t *findings)
{
	struct probe p = { .plan = plan, .findings = findings };
	char address[ENDPOINT_TEXT_MAX];
	int greeting = ftp_client_open(&plan->service, &p.client);

	if (greeting < 0 || greeting >= 400) {
		find(&p, "no_service", "nobody can use it", "on the director: ipvsadm -Ln; ftpalgctl doctor",
		     "%s does not answer: %s", endpoint_format(&plan->service, address), words_of(&p, greeting));
	} else if (log_in(&p)) {
		if (endpoint_is_ipv4(&plan->service))
			probe_pasv(&p);
		probe_epsv(&p);
	}
	if (greeting >= 0)
		ftp_client_close(&p.client);
	return p.error;
}
