/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the one suite of a check program. */
#ifndef FTPALGD_TESTS_SUPPORT_RUN_H
#define FTPALGD_TESTS_SUPPORT_RUN_H

#include <check.h>
#include <stdlib.h>

/* Seconds for each test: it ends what hangs, and no machine is so busy that it ends anything else. */
enum { RUN_LIMIT = 300 };

static inline int run_cases(const char *name, TCase *const *cases)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	for (; *cases != NULL; cases++) {
		tcase_set_timeout(*cases, RUN_LIMIT);
		suite_add_tcase(suite, *cases);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* run_suite(name, test case, ...) */
#define run_suite(name, ...) run_cases(name, (TCase *[]){ __VA_ARGS__, NULL })

#endif
