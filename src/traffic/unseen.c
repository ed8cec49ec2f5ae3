/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/unseen.h"

#include <stdlib.h>

struct unseen_known {
	bool all;
	size_t count, room;
	struct unseen_pair *pairs; /* sorted once settled */
};

static int compare(const void *a, const void *b)
{
	const struct unseen_pair *x = a, *y = b;
	int order = endpoint_compare(&x->client, &y->client);

	return order != 0 ? order : endpoint_compare(&x->service, &y->service);
}

struct unseen_known *unseen_known_new(void)
{
	return calloc(1, sizeof(struct unseen_known));
}

void unseen_known_free(struct unseen_known *k)
{
	if (k == NULL)
		return;
	free(k->pairs);
	free(k);
}

void unseen_known_add(struct unseen_known *k, const struct unseen_pair *pair)
{
	if (k->count == k->room && !k->all) {
		size_t room = k->room == 0 ? 1024 : 2 * k->room;
		struct unseen_pair *pairs =
			room > UNSEEN_KNOWN_MAX ? NULL : realloc(k->pairs, room * sizeof(*pairs));

		k->all = pairs == NULL;
		if (pairs != NULL) {
			k->pairs = pairs;
			k->room = room;
		}
	}
	if (!k->all)
		k->pairs[k->count++] = *pair;
}

void unseen_known_settle(struct unseen_known *k, bool whole)
{
	k->all |= !whole;
	if (k->count > 0)
		qsort(k->pairs, k->count, sizeof(*k->pairs), compare);
}

void unseen_arrives(struct unseen_arrived *a, const struct unseen_pair *pair)
{
	a->pairs[a->count++ % UNSEEN_ARRIVED_MAX] = *pair;
}

bool unseen_may_begin(const struct unseen_known *known, const struct unseen_arrived *arrived,
		      const struct flow *flow)
{
	const struct unseen_pair pair = { flow->client, flow->service };

	if (known == NULL || known->all)
		return true;
	if (known->count > 0 && bsearch(&pair, known->pairs, known->count, sizeof(pair), compare) != NULL)
		return true;
	for (size_t i = 0; i < arrived->count && i < UNSEEN_ARRIVED_MAX; i++)
		if (compare(&pair, &arrived->pairs[i]) == 0)
			return true;
	return false;
}
