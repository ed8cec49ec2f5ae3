/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control_fake.h"

#include "control/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "made-up gateway: %s\n", what);
	abort();
}

static struct fake *fake_of(void *context)
{
	return context;
}

static const struct config *get_config(void *context)
{
	return &fake_of(context)->config;
}

static const struct policy *get_policy(void *context)
{
	return fake_of(context)->policy;
}

static uint32_t get_worker_count(void *context)
{
	(void)context;
	return FAKE_WORKERS;
}

static void get_worker(void *context, uint32_t worker, struct subject_worker *out)
{
	struct fake *f = fake_of(context);

	*out = (struct subject_worker){
		.queue = (uint16_t)(FAKE_QUEUE + worker),
		.sessions = table_count(f->tables[worker]),
		.counters = &f->counters[worker],
		.latency = &f->latency[worker],
	};
}

static void get_queue_counters(void *context, uint32_t worker, struct queue_counters *out)
{
	(void)context;
	*out = (struct queue_counters){ .received = worker, .truncated = 7 };
}

static void sum_service(void *context, size_t service, struct counters *sum)
{
	counters_sum(sum, &fake_of(context)->services[service]);
}

static bool walk_sessions(void *context, uint32_t worker, size_t *position, size_t max,
			  subject_session_seen *seen, void *data)
{
	return table_walk(fake_of(context)->tables[worker], position, max, seen, data);
}

static size_t read_events(void *context, uint32_t worker, uint64_t *next, struct event *out,
			  size_t room, uint64_t *missed)
{
	return history_read(&fake_of(context)->history[worker], next, out, room, missed);
}

static size_t read_announced(void *context, uint32_t worker, struct announced *out, size_t room)
{
	return announcements_read(fake_of(context)->announced[worker], out, room);
}

static struct trace *exchange_trace(void *context, uint32_t worker, struct trace *next)
{
	struct fake *f = fake_of(context);
	struct trace *before = f->traces[worker];

	f->traces[worker] = next;
	return before;
}

static int read_ipvs(void *context, ipvs_service_seen *seen, void *data)
{
	struct ipvs_service s = { .servers = 3, .masquerading = 2 };

	s.address = fake_of(context)->policy->services[0].address;
	return seen(&s, data);
}

static int read_ipvs_servers(void *context, const struct endpoint *service, ipvs_server_seen *seen,
			     void *data)
{
	struct fake *f = fake_of(context);

	if (!endpoint_equal(service, &f->policy->services[0].address))
		return -ESRCH;
	for (size_t i = 0; i < f->server_count; i++)
		if (seen(&f->servers[i], i != 3, data) != 0)
			return -EINVAL;
	return 0;
}

static int read_expectations(void *context, expectation_seen *seen, void *data)
{
	struct fake *f = fake_of(context);

	for (size_t i = 0; i < f->expectation_count; i++) {
		int result = seen(&f->expectations[i], data);

		if (result != 0)
			return result;
	}
	return 0;
}

static void read_queues(void *context, struct subject_queue *out)
{
	memcpy(out, fake_of(context)->queues, sizeof(fake_of(context)->queues));
}

static int read_machine(void *context, struct subject_machine *out)
{
	*out = fake_of(context)->machine;
	return fake_of(context)->machine_silent ? -EPERM : 0;
}

static int reload(void *context, FILE *words)
{
	struct fake *f = fake_of(context);

	f->reloads++;
	fputs(f->reload_words, words);
	return f->reload_result;
}

static void set_level(void *context, enum log_level level)
{
	fake_of(context)->level = level;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint e;

	require(endpoint_parse(text, &e) == 0, text);
	return e;
}

static void add_service(struct policy *p, const char *name, const char *address)
{
	struct service *s = &p->services[p->service_count++];

	*s = (struct service){ .address = endpoint_of(address), .active = true, .fail_open = true };
	snprintf(s->name, sizeof(s->name), "%s", name);
}

static int keep_said(void *context, const struct log_record *record)
{
	struct fake *f = context;
	size_t used = strlen(f->said);

	snprintf(f->said + used, sizeof(f->said) - used, "%s: %s\n", log_level_name(record->level),
		 record->text);
	return 0;
}

static struct control_subject make_subject(struct fake *f)
{
	return (struct control_subject){
		.context = f,
		.started_wall = 1700000000,
		.config = get_config,
		.policy = get_policy,
		.worker_count = get_worker_count,
		.worker = get_worker,
		.queue_counters = get_queue_counters,
		.service = sum_service,
		.sessions = walk_sessions,
		.events = read_events,
		.announced = read_announced,
		.trace = exchange_trace,
		.ipvs_services = read_ipvs,
		.ipvs_servers = read_ipvs_servers,
		.expectations = read_expectations,
		.queues = read_queues,
		.machine = read_machine,
		.reload = reload,
		.set_log_level = set_level,
		.reloaded = &f->reloaded,
	};

}

static void start_health(struct fake *f)
{
	f->subject = make_subject(f);
	require(log_open_sink(LOG_LEVEL_INFO, keep_said, f, &f->log) == 0, "no memory");
	f->subject.health = health_new(&f->subject, f->log);
	require(f->subject.health != NULL, "no memory");
	health_look(f->subject.health, 1);
}

struct fake *fake_new(void)
{
	struct fake *f = calloc(1, sizeof(*f));

	require(f != NULL, "no memory");
	config_defaults(&f->config);
	f->policy = calloc(1, sizeof(*f->policy) + 2 * sizeof(f->policy->services[0]));
	require(f->policy != NULL, "no memory");
	add_service(f->policy, "ftp", "192.0.2.10:21");
	add_service(f->policy, "six", "[2001:db8::10]:2121");
	f->policy->services[0].passive_ports = (struct port_range){ 50000, 50999 };
	qsort(f->policy->services, 2, sizeof(f->policy->services[0]), policy_compare_services);
	for (uint16_t i = 0; i < FAKE_WORKERS; i++) {
		f->tables[i] = table_new(5000);
		f->announced[i] = announcements_new();
		require(f->tables[i] != NULL && f->announced[i] != NULL, "no memory");
		f->queues[i] = (struct subject_queue){
			.number = (uint16_t)(FAKE_QUEUE + i),
			.bound = QUEUE_BOUND,
			.counted = true,
			.measured = true,
			.memory = { .used = 768, .limit = 425984 },
		};
	}
	f->machine = (struct subject_machine){ .ruleset = RULESET_EFFECTIVE };
	f->machine.threads.has_backup = true;
	f->machine.threads.backup = (struct ipvs_thread){ .interface = "lo" };
	f->machine.threads.backup.group = endpoint_of("224.0.0.81:8848");
	f->reload_words = "";
	start_health(f);
	return f;
}

void fake_free(struct fake *f)
{
	for (size_t i = 0; i < FAKE_WORKERS; i++) {
		table_free(f->tables[i]);
		announcements_free(f->announced[i]);
	}
	config_free(&f->config);
	health_free(f->subject.health);
	log_close(f->log);
	free(f->policy);
	free(f);
}

struct session *fake_session(struct fake *f, uint32_t worker, const char *client,
			     const char *service, const char *server)
{
	static uint32_t id = 1;
	struct flow flow = { endpoint_of(client), endpoint_of(service), endpoint_of(server), id++, true };
	struct session *s;
	bool evicted;

	s = table_add(f->tables[worker], &flow, 0, &evicted);
	require(s != NULL, "no memory");
	return s;
}

struct control_subject fake_subject(struct fake *f)
{
	return f->subject;
}
