/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the word that somebody who mistyped probably meant.
 */
#ifndef FTPALGD_CONFIG_SUGGEST_H
#define FTPALGD_CONFIG_SUGGEST_H

#include <stddef.h>

/* Longer words are compared by their beginning. */
#define SUGGEST_WORD_MAX 40

/*
 * Keystrokes between two words, upper and lower case alike: letters missing, added, changed, or
 * two neighbours exchanged (optimal string alignment).
 */
size_t suggest_distance(const char *a, const char *b);

/* What has been offered so far; start with suggest_begin. */
struct suggestion {
	const char *typed;
	const char *word; /* NULL: nothing near enough */
	size_t distance;
};

struct suggestion suggest_begin(const char *typed);
void suggest_offer(struct suggestion *s, const char *word);

#endif
