/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/discovery.h"

#include <check.h>
#include <stdlib.h>

#include "../support/run.h"

static struct endpoint service(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

/* As discovery_run leaves it; no text: nothing was found. */
static struct discovery looked(const char *a, const char *b)
{
	struct discovery d = {
		.found = calloc(DISCOVERY_MAX, sizeof(*d.found)),
		.missing = calloc(DISCOVERY_MAX, sizeof(*d.missing)),
	};

	ck_assert_ptr_nonnull(d.found);
	ck_assert_ptr_nonnull(d.missing);
	if (a != NULL)
		d.found[d.count++] = service(a);
	if (b != NULL)
		d.found[d.count++] = service(b);
	return d;
}

/* The next look, which finds a and b, at that second. */
static void look(struct discovery *d, const char *a, const char *b, uint64_t now)
{
	struct discovery next = looked(a, b);

	discovery_keep(&next, d, now);
	discovery_free(d);
	*d = next;
}

START_TEST(a_service_that_comes_back_in_time_was_never_away)
{
	struct discovery d = looked("192.0.2.10:21", "192.0.2.11:21");
	struct discovery all = looked("192.0.2.10:21", "192.0.2.11:21");

	look(&d, NULL, NULL, 100);
	ck_assert(discovery_equal(&d, &all));
	look(&d, NULL, "192.0.2.11:21", 109);
	ck_assert(discovery_equal(&d, &all));
	look(&d, "192.0.2.10:21", "192.0.2.11:21", 200);
	ck_assert(discovery_equal(&d, &all));
	look(&d, "192.0.2.10:21", NULL, 300);
	look(&d, "192.0.2.10:21", NULL, 309);
	ck_assert(discovery_equal(&d, &all));
	discovery_free(&d);
	discovery_free(&all);
}
END_TEST

START_TEST(a_service_that_stays_away_goes)
{
	struct discovery d = looked("192.0.2.10:21", "192.0.2.11:21");
	struct discovery one = looked("192.0.2.11:21", NULL);

	for (uint64_t now = 100; now < 100 + DISCOVERY_GRACE_SECONDS; now += 2) {
		look(&d, "192.0.2.11:21", NULL, now);
		ck_assert_uint_eq(d.count, 2);
	}
	look(&d, "192.0.2.11:21", NULL, 100 + DISCOVERY_GRACE_SECONDS);
	ck_assert(discovery_equal(&d, &one));
	discovery_free(&d);
	discovery_free(&one);
}
END_TEST

START_TEST(a_new_service_is_found_beside_a_missing_one)
{
	struct discovery d = looked("192.0.2.10:21", NULL);
	struct discovery all = looked("192.0.2.9:21", "192.0.2.10:21");

	look(&d, "192.0.2.9:21", NULL, 100);
	ck_assert(discovery_equal(&d, &all));
	discovery_free(&d);
	discovery_free(&all);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("discovery");

	tcase_add_test(t, a_service_that_comes_back_in_time_was_never_away);
	tcase_add_test(t, a_service_that_stays_away_goes);
	tcase_add_test(t, a_new_service_is_found_beside_a_missing_one);
	return run_suite("discovery", t);
}
