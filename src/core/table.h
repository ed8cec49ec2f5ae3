/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sessions of one worker, and the pool of their splices.
 *
 * Records lie in one array, an index of buckets finds them: both are touched only as far as they
 * are used. The index grows with the sessions by one bucket at a time (linear hashing: W. Litwin,
 * VLDB 1980), so that no packet ever pays for a growth. Conntrack ids are keyed hashes, so the id is
 * the hash: no peer can choose colliding ones. Lists by age, of sessions that transfer, that are idle,
 * closing or half open (nobody has said anything yet), make expiry constant work, and eviction: the
 * last of these classes makes room first. All memory is taken in table_new.
 */
#ifndef FTPALGD_CORE_TABLE_H
#define FTPALGD_CORE_TABLE_H

#include "core/session.h"
#include "core/splice.h"

struct table;

/* A closing session is forgotten after so many seconds. */
#define TABLE_CLOSING_SECONDS 30

/* And one in which nobody has said anything: anybody makes these, with addresses that are not his. */
#define TABLE_HALF_OPEN_SECONDS 60

/* Room for that many sessions; NULL when memory is short. */
struct table *table_new(size_t sessions);
void table_free(struct table *t);

/* From now on calls forget for every session before it is removed, but not by table_free. */
void table_on_remove(struct table *t, void (*forget)(struct session *s, void *context),
		     void *context);

/* The session of that flow, or NULL. */
struct session *table_find(struct table *t, const struct flow *flow);

/*
 * A new session, zeroed but for its flow and times. When the table is full the oldest session of the
 * least worth that is not busy makes room, which sets *evicted; NULL when all are busy.
 */
struct session *table_add(struct table *t, const struct flow *flow, uint32_t now, bool *evicted);

/* Conntrack knows the session's connection by another id now; flow has the same ends. */
void table_rekey(struct table *t, struct session *s, const struct flow *flow);

/* Gives the session its new dialogue, and marks it as just seen. */
void table_commit(struct table *t, struct session *s, const struct dialogue *dialogue, uint32_t now);

void table_remove(struct table *t, struct session *s);

/*
 * A session whose transfer has been going on for more than seconds without a word on the control
 * connection, or NULL. It does not expire by itself: commit or remove it.
 */
struct session *table_silent_transfer(struct table *t, uint32_t now, uint32_t seconds);

/* Forgets up to max sessions that are idle or closing for too long. Returns their number. */
size_t table_expire(struct table *t, uint32_t now, uint32_t idle_seconds, size_t max);

size_t table_count(const struct table *t);

/* A session's record, from 1 to the number of sessions that there is room for, and back. */
uint32_t table_record(const struct table *t, const struct session *s);
struct session *table_at(struct table *t, uint32_t record);

/* Calls visit for every session, oldest first within each list, until it returns false. */
void table_each(struct table *t, bool (*visit)(struct session *s, void *context), void *context);

/*
 * The same for the sessions in up to max records from *position on (0 at first), which is moved on;
 * false when none are left behind it. Sessions keep their records: a walk may go on later.
 */
bool table_walk(struct table *t, size_t *position, size_t max,
		void (*visit)(struct session *s, void *context), void *context);

/* The splice of a direction; an empty one where the session has none. */
const struct splice *table_splice(const struct table *t, const struct session *s, enum direction d);

/*
 * The same to write to, taken from the pool when there is none. An empty pool takes one back from another
 * session that can do without; NULL where there is none.
 */
struct splice *table_take_splice(struct table *t, struct session *s, enum direction d);

/* Half of the pool is in use: what can do without a splice should. */
bool table_splices_scarce(const struct table *t);

/* Gives it back. */
void table_drop_splice(struct table *t, struct session *s, enum direction d);

#endif
