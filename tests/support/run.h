/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the one suite of a check program. */
#ifndef FTPALGD_TESTS_SUPPORT_RUN_H
#define FTPALGD_TESTS_SUPPORT_RUN_H

#include <check.h>
#include <stdlib.h>

static inline int run_suite(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
