/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index over pairs of endpoints: one thing may be found under several names.
 *
 * A name is part of what it names and belongs to it; the index only points to it. A balanced
 * tree, because whoever wrote the capture also chose its addresses.
 */
#ifndef FTPALGD_REPLAY_NAMES_H
#define FTPALGD_REPLAY_NAMES_H

#include "core/endpoint.h"

struct name {
	struct endpoint near;
	struct endpoint far;
	void *owner; /* what is named; NULL: the name is not in the index */
};

struct names {
	void *root; /* all zero is an empty index */
};

/* The owner of that name, or NULL. */
void *names_find(const struct names *names, const struct endpoint *near,
		 const struct endpoint *far);

/* Adds a name whose ends and owner are set. Returns 0, -EEXIST or -ENOMEM with the owner cleared. */
int names_add(struct names *names, struct name *name) __attribute__((warn_unused_result));

/* Takes a name out of the index, if it is in it. */
void names_remove(struct names *names, struct name *name);

#endif
