/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A gateway that tests make up: what the control socket looks at, as plain data.
 */
#ifndef FTPALGD_TESTS_CONTROL_FAKE_H
#define FTPALGD_TESTS_CONTROL_FAKE_H

#include "control/subject.h"

#define FAKE_WORKERS 2
#define FAKE_QUEUE 2100

struct fake {
	struct config config;
	struct policy *policy;
	struct table *tables[FAKE_WORKERS];
	struct counters counters[FAKE_WORKERS];
	struct latency latency[FAKE_WORKERS];
	struct counters services[2]; /* of the policy: "ftp" 192.0.2.10:21, "six" [2001:db8::10]:2121 */
	struct history history[FAKE_WORKERS];
	struct announcements *announced[FAKE_WORKERS];
	struct endpoint servers[4]; /* of "ftp" in IPVS; the last one is not behind NAT */
	size_t server_count;
	struct trace *traces[FAKE_WORKERS];
	struct subject_queue queues[FAKE_WORKERS];
	struct subject_machine machine;
	bool machine_silent; /* the kernel does not answer */
	struct subject_reload reloaded;
	struct control_subject subject;
	struct log *log; /* of health; what it says: */
	char said[2048];
	struct expectation_waiting expectations[4];
	size_t expectation_count;
	int reloads;
	int reload_result;
	const char *reload_words;
	enum log_level level;
};

struct fake *fake_new(void);
void fake_free(struct fake *f);
struct control_subject fake_subject(struct fake *f);

/* A session of the worker; texts as endpoint_parse reads them. */
struct session *fake_session(struct fake *f, uint32_t worker, const char *client,
			     const char *service, const char *server);

#endif
