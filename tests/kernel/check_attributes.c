/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink attributes of any bytes: what libmnl finds in them, and no byte beyond their end. */
#include "kernel/attributes.h"

#include "../support/run.h"

enum { TYPES = 6, ROUNDS = 20000, BYTES_MAX = 48 };

/* The bytes in memory of just that size, so that a byte too far is noticed. */
static struct nlattr *nested(const uint8_t *bytes, size_t size)
{
	struct nlattr *nest = malloc(sizeof(*nest) + size);

	ck_assert_ptr_nonnull(nest);
	nest->nla_len = (uint16_t)(sizeof(*nest) + size);
	nest->nla_type = 1;
	memcpy(nest + 1, bytes, size);
	return nest;
}

static void find_with_libmnl(const struct nlattr *nest, const struct nlattr **table)
{
	const char *end = (const char *)nest + nest->nla_len;
	const struct nlattr *attr = nest + 1;

	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) < TYPES)
			table[mnl_attr_get_type(attr)] = attr;
}

/* Headers everywhere, with lengths close to what is possible: most bytes would be no attribute at all. */
static size_t draw(uint8_t *bytes)
{
	for (size_t at = 0; at < BYTES_MAX; at += sizeof(struct nlattr)) {
		struct nlattr attr = {
			.nla_len = (uint16_t)(rand() % 100 ? rand() % 20 : 0xffff - rand() % 20),
			.nla_type = (uint16_t)(rand() % (TYPES + 2)),
		};

		if (rand() % 2)
			attr.nla_type |= NLA_F_NESTED;
		memcpy(bytes + at, &attr, sizeof(attr));
	}
	return (size_t)rand() % (BYTES_MAX + 1);
}

START_TEST(any_bytes_hold_what_libmnl_finds_in_them)
{
	size_t found = 0;

	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		const struct nlattr *table[TYPES], *expected[TYPES] = { NULL };
		uint8_t bytes[BYTES_MAX];
		struct nlattr *nest = nested(bytes, draw(bytes));

		attributes_in(nest, table, TYPES);
		find_with_libmnl(nest, expected);
		for (size_t type = 0; type < TYPES; type++) {
			ck_assert_ptr_eq(table[type], expected[type]);
			found += table[type] != NULL;
		}
		free(nest);
	}
	ck_assert_uint_gt(found, ROUNDS / 10);
}
END_TEST

START_TEST(no_attribute_has_none_in_it)
{
	const struct nlattr *table[TYPES] = { (const struct nlattr *)"" };

	attributes_in(NULL, table, TYPES);
	for (size_t type = 0; type < TYPES; type++)
		ck_assert_ptr_null(table[type]);
}
END_TEST

START_TEST(a_string_is_that_string_and_no_other)
{
	static const struct {
		const char *value;
		size_t size;
		bool same;
	} cases[] = {
		{ "ftp", 3, true }, { "ftp", 4, true },  { "ft", 2, false },   { "ft", 3, false },
		{ "", 0, false },   { "ftps", 4, false }, { "ftps", 5, false }, { "ftq", 4, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nlattr *attr = nested((const uint8_t *)cases[i].value, cases[i].size);

		ck_assert_msg(attribute_is_string(attr, "ftp") == cases[i].same, "%s, %zu bytes",
			      cases[i].value, cases[i].size);
		free(attr);
	}
	ck_assert(!attribute_is_string(NULL, "ftp"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("attributes");

	tcase_add_test(tcase, any_bytes_hold_what_libmnl_finds_in_them);
	tcase_add_test(tcase, no_attribute_has_none_in_it);
	tcase_add_test(tcase, a_string_is_that_string_and_no_other);
	return run_suite("attributes", tcase);
}
