/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/view.h"

#include <stdlib.h>

/* What IPVS says of the services of a page. */
struct ipvs_page {
	const struct service *services;
	size_t count;
	struct ipvs_service *found; /* one for each; port 0 where IPVS has none */
};

static int note(const struct ipvs_service *service, void *data)
{
	struct ipvs_page *page = data;

	for (size_t i = 0; i < page->count; i++)
		if (endpoint_equal(&page->services[i].address, &service->address))
			page->found[i] = *service;
	return 0;
}

static json_t *view_servers(const struct service *s)
{
	char address[INET6_ADDRSTRLEN];
	json_t *servers = json_array();

	for (size_t i = 0; i < s->server_count; i++) {
		const struct real_server *server = &s->servers[i];
		json_t *row = json_pack("{s:s, s:o}", "real", endpoint_format_address(&server->address, address),
					 "passive_ports", view_ports(&server->passive_ports));

		if (json_array_append_new(servers, row) < 0) {
			json_decref(servers);
			return NULL;
		}
	}
	return servers;
}

static json_t *view_ipvs(const struct ipvs_service *found)
{
	if (found->address.port == 0)
		return json_null();
	return json_pack("{s:i, s:i}", "servers", (int)found->servers, "masquerading",
			 (int)found->masquerading);
}

static json_t *view_service(const struct control_subject *subject, size_t index,
			    const struct ipvs_service *found)
{
	const struct service *s = &subject->policy(subject->context)->services[index];
	struct counters sum = { 0 };

	subject->service(subject->context, index, &sum);
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:b, s:s, s:s, s:o, s:o}",
			 "name", s->name, "address", view_endpoint(&s->address),
			 "discovered", s->discovered, "passive_ports", view_ports(&s->passive_ports), "servers", view_servers(s),
			 "active", s->active, "tls", s->deny_tls ? "deny" : "allow",
			 "fail", s->fail_open ? "open" : "closed", "ipvs", view_ipvs(found),
			 "counters", view_counters(&sum));
}

static json_t *view_page(const struct control_subject *subject, size_t first,
			 const struct ipvs_page *page)
{
	json_t *services = json_array();

	for (size_t i = 0; i < page->count; i++)
		if (json_array_append_new(services,
					  view_service(subject, first + i, &page->found[i])) < 0) {
			json_decref(services);
			return NULL;
		}
	return services;
}

json_t *view_services(const struct control_call *call)
{
	const struct control_subject *subject = call->subject;
	const struct policy *policy = subject->policy(subject->context);
	size_t first = call->request->after < policy->service_count ? (size_t)call->request->after
								      : policy->service_count;
	size_t left = policy->service_count - first;
	struct ipvs_page page = {
		.services = policy->services + first,
		.count = left < call->request->limit ? left : call->request->limit,
	};
	json_t *services;
	int error;

	page.found = calloc(page.count + 1, sizeof(*page.found));
	if (page.found == NULL)
		return NULL;
	error = subject->ipvs_services(subject->context, note, &page);
	services = view_page(subject, first, &page);
	free(page.found);
	return json_pack("{s:b, s:o, s:o}", "ipvs_answers", error >= 0, "services", services, "next",
			 page.count < left ? view_number(first + page.count) : json_null());
}
