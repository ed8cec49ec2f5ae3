/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/names.h"

#include <errno.h>
#include <search.h>
#include <string.h>

static int compare_endpoints(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return order != 0 ? order : (int)a->port - (int)b->port;
}

static int compare(const void *a, const void *b)
{
	const struct name *x = a;
	const struct name *y = b;
	int order = compare_endpoints(&x->near, &y->near);

	return order != 0 ? order : compare_endpoints(&x->far, &y->far);
}

void *names_find(const struct names *names, const struct endpoint *near,
		 const struct endpoint *far)
{
	const struct name wanted = { .near = *near, .far = *far };
	struct name **found = tfind(&wanted, &names->root, compare);

	return found == NULL ? NULL : (*found)->owner;
}

int names_add(struct names *names, struct name *name)
{
	struct name **found = tsearch(name, &names->root, compare);

	if (found != NULL && *found == name)
		return 0;
	name->owner = NULL;
	return found == NULL ? -ENOMEM : -EEXIST;
}

void names_remove(struct names *names, struct name *name)
{
	if (name->owner == NULL)
		return;
	tdelete(name, &names->root, compare);
	name->owner = NULL;
}
