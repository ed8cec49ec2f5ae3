/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/policy.h"

#include <stdlib.h>

#include "../support/packets.h"
#include "../support/run.h"

static const char *const services[] = {
	"192.0.2.10:21", "192.0.2.10:2121", "192.0.2.9:21", "[2001:db8::10]:21", "[2001:db8::10]:65535",
	"1.1.1.1:1", "255.255.255.255:21",
};

enum { SERVICES = sizeof(services) / sizeof(services[0]) };

static struct policy *make(size_t count)
{
	struct policy *p = calloc(1, sizeof(*p) + SERVICES * sizeof(p->services[0]));

	p->service_count = count;
	for (size_t i = 0; i < count; i++)
		p->services[i].address = at(services[i]);
	qsort(p->services, count, sizeof(p->services[0]), policy_compare_services);
	return p;
}

START_TEST(every_service_is_found_by_address_and_port)
{
	for (size_t count = 0; count <= SERVICES; count++) {
		struct policy *p = make(count);

		for (size_t i = 0; i < SERVICES; i++) {
			struct endpoint e = at(services[i]);
			const struct service *s = policy_find(p, &e);

			ck_assert_int_eq(s != NULL, i < count);
			ck_assert(s == NULL || endpoint_equal(&s->address, &e));
		}
		free(p);
	}
}
END_TEST

START_TEST(another_port_or_address_is_no_service)
{
	struct policy *p = make(SERVICES);
	static const char *const others[] = { "192.0.2.10:22", "192.0.2.11:21", "[2001:db8::11]:21" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct endpoint e = at(others[i]);

		ck_assert_ptr_null(policy_find(p, &e));
	}
	free(p);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("policy");

	tcase_add_test(t, every_service_is_found_by_address_and_port);
	tcase_add_test(t, another_port_or_address_is_no_service);
	return run_suite("policy", t);
}
