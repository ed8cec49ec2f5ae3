/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For each service its real servers, those that IPVS has, that are listed, and that have announced
 * something: the range that is named, the ports that were announced, and the range to be named.
 */
#include "control/ranges.h"
#include "control/view.h"

#include <errno.h>
#include <stdlib.h>

enum { ROWS_PER_PAGE = 1000 };

/* ---- what was announced ---- */

static int by_server(const void *a, const void *b)
{
	const struct announced *x = a, *y = b;
	int order = endpoint_compare(&x->service, &y->service);

	return order != 0 ? order : endpoint_compare(&x->server, &y->server);
}

static void merge_doubles(struct ranges_seen *s)
{
	size_t kept = 0;

	if (s->count > 0)
		qsort(s->list, s->count, sizeof(*s->list), by_server);
	for (size_t i = 0; i < s->count; i++)
		if (kept > 0 && by_server(&s->list[i], &s->list[kept - 1]) == 0)
			announced_merge(&s->list[kept - 1], &s->list[i]);
		else
			s->list[kept++] = s->list[i];
	s->count = kept;
}

int ranges_look(const struct control_subject *subject, struct ranges_seen *out)
{
	uint32_t workers = subject->worker_count(subject->context);
	struct ranges_seen s = { 0 };

	for (uint32_t w = 0; w < workers; w++) {
		void *grown = reallocarray(s.list, s.count + ANNOUNCED_MAX, sizeof(*s.list));

		if (grown == NULL) {
			free(s.list);
			return -ENOMEM;
		}
		s.list = grown;
		s.count += subject->announced(subject->context, w, s.list + s.count, ANNOUNCED_MAX);
		merge_doubles(&s);
	}
	*out = s;
	return 0;
}

void ranges_free(struct ranges_seen *s)
{
	free(s->list);
	*s = (struct ranges_seen){ 0 };
}

/* ---- real servers of one service ---- */

struct row {
	struct endpoint server; /* its port is 0 */
	bool in_ipvs;
	struct announced seen;
};

struct rows {
	struct row *list; /* RANGES_SERVERS_MAX */
	size_t count;
};

/* The row of that server, made if need be; NULL: there are too many. */
static struct row *row_of(struct rows *rows, const struct endpoint *server)
{
	size_t i = 0;

	while (i < rows->count && !endpoint_same_address(&rows->list[i].server, server))
		i++;
	if (i == RANGES_SERVERS_MAX)
		return NULL;
	if (i == rows->count)
		rows->list[rows->count++] = (struct row){ .server = { .addr = server->addr } };
	return &rows->list[i];
}

static int add_server(const struct endpoint *server, bool masquerading, void *data)
{
	struct row *row = masquerading ? row_of(data, server) : NULL;

	if (row != NULL)
		row->in_ipvs = true;
	return 0;
}

static void add_seen(struct rows *rows, const struct ranges_seen *seen, const struct service *service)
{
	for (size_t i = 0; i < seen->count; i++) {
		struct row *row = endpoint_equal(&seen->list[i].service, &service->address)
					  ? row_of(rows, &seen->list[i].server) : NULL;

		if (row != NULL)
			row->seen = seen->list[i];
	}
}

/* Returns whether IPVS said which servers it has. */
static bool collect(struct rows *rows, const struct control_subject *subject,
		    const struct service *service, const struct ranges_seen *seen)
{
	int error;

	rows->count = 0;
	error = subject->ipvs_servers(subject->context, &service->address, add_server, rows);
	for (size_t i = 0; i < service->server_count; i++)
		(void)row_of(rows, &service->servers[i].address);
	add_seen(rows, seen, service);
	if (rows->count > 0)
		qsort(rows->list, rows->count, sizeof(*rows->list), endpoint_compare);
	return error == 0 || error == -ESRCH || error == -ENOENT;
}

/* ---- as JSON ---- */

static json_t *view_port(uint16_t port)
{
	return port == 0 ? json_null() : json_integer(port);
}

static json_t *view_address(const struct endpoint *e)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(endpoint_format_address(e, text));
}

static json_t *view_row(const struct policy *policy, const struct service *service,
			const struct row *row, bool ipvs_answers)
{
	const struct port_range *named = service_range(service, &row->server);
	const struct announced *a = &row->seen;
	struct port_range proposed = { .first = 0 };

	if (named == NULL)
		proposed = ranges_propose(policy, &row->server, a);
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}",
			 "service_name", service->name, "service", view_endpoint(&service->address),
			 "discovered", service->discovered, "server", view_address(&row->server),
			 "in_ipvs", ipvs_answers ? json_boolean(row->in_ipvs) : json_null(),
			 "passive_ports", view_ports(named),
			 "announced", view_number(a->count), "lowest", view_port(a->lowest),
			 "highest", view_port(a->highest), "distinct", (int)announced_distinct(a),
			 "refused", view_number(a->refused),
			 "proposed", view_ports(&proposed));
}

static bool append(json_t *servers, const struct policy *policy, const struct service *service,
		   const struct rows *rows, bool ipvs_answers)
{
	for (size_t i = 0; i < rows->count; i++)
		if (json_array_append_new(servers, view_row(policy, service, &rows->list[i],
							    ipvs_answers)) < 0)
			return false;
	return true;
}

/* Whole services, until there are enough rows. Returns the next service, or -ENOMEM. */
static ssize_t fill(json_t *servers, const struct control_call *call, const struct ranges_seen *seen)
{
	const struct policy *policy = call->subject->policy(call->subject->context);
	struct rows rows = { .list = calloc(RANGES_SERVERS_MAX, sizeof(*rows.list)) };
	uint64_t next = call->request->after;
	bool good = rows.list != NULL;

	for (uint64_t end = next + call->request->limit;
	     good && next < policy->service_count && next < end &&
	     json_array_size(servers) < ROWS_PER_PAGE; next++) {
		bool answers = collect(&rows, call->subject, &policy->services[next], seen);

		good = append(servers, policy, &policy->services[next], &rows, answers);
	}
	free(rows.list);
	return good ? (ssize_t)next : -ENOMEM;
}

json_t *view_ranges(const struct control_call *call)
{
	const struct policy *policy = call->subject->policy(call->subject->context);
	json_t *servers = json_array();
	struct ranges_seen seen = { 0 };
	ssize_t next = -ENOMEM;

	if (servers != NULL && ranges_look(call->subject, &seen) == 0)
		next = fill(servers, call, &seen);
	ranges_free(&seen);
	if (next < 0) {
		json_decref(servers);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "servers", servers, "next",
			 (size_t)next < policy->service_count ? view_number((uint64_t)next) : json_null());
}
