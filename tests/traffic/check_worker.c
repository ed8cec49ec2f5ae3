/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker's thread; the linker wraps what binds its queue, starts it, confines it and reads first. */
#include "traffic/worker.h"

#include "kernel/confine.h"
#include "../support/run.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <linux/netlink.h>

static const struct timeval for_ever;
static sem_t first_round;
static bool seen_round, confined, confined_at_first_round;

int __wrap_queue_config_bind(uint16_t number, uint32_t length, bool fail_open);
int __wrap_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait);
int __real_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait);
int __wrap_confine_thread(const struct confine *c);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *context);

int __wrap_queue_config_bind(uint16_t number, uint32_t length, bool fail_open)
{
	(void)number;
	(void)length;
	(void)fail_open;
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
}

int __wrap_queue_receive(struct queue *q, struct queue_packet *packets, size_t max, bool wait)
{
	if (!seen_round) {
		seen_round = true;
		confined_at_first_round = confined;
		sem_post(&first_round);
	}
	return __real_queue_receive(q, packets, max, wait);
}

int __wrap_confine_thread(const struct confine *c)
{
	(void)c;
	confined = true;
	return 0;
}

/* The new thread gets as far as its first round before its creator goes on. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			  void *context)
{
	int error = __real_pthread_create(thread, attr, run, context);

	while (error == 0 && sem_wait(&first_round) < 0)
		;
	return error;
}

static const struct policy policy = { .max_sessions = 16 };
static const struct confine confine = { -1 };

static struct worker *start(struct worker_plan *plan)
{
	struct worker *worker;

	*plan = (struct worker_plan){ .policy = &policy, .sessions = 16, .confine = &confine };
	ck_assert_int_eq(sem_init(&first_round, 0, 0), 0);
	ck_assert_int_eq(log_open(LOG_LEVEL_WARNING, &plan->log), 0);
	ck_assert_int_eq(handover_open(plan->log, 2100, 1, &plan->handover), 0);
	ck_assert_int_eq(queue_open(2100, 64, true, &plan->queue), 0);
	ck_assert_int_eq(setsockopt(queue_fd(plan->queue), SOL_SOCKET, SO_RCVTIMEO, &for_ever,
				    sizeof(for_ever)),
			 0);
	ck_assert_int_eq(worker_start(plan, &worker), 0);
	return worker;
}

static void stop(struct worker *worker, struct worker_plan *plan)
{
	worker_stop(worker);
	handover_close(plan->handover);
	log_close(plan->log);
}

START_TEST(no_packet_is_read_before_privileges_are_given_up)
{
	struct worker_plan plan;
	struct worker *worker = start(&plan);

	stop(worker, &plan);
	ck_assert(confined_at_first_round);
}
END_TEST

static void count_call(const struct worker_view *view, void *context)
{
	int *calls = context;

	(void)view;
	++*calls;
}

/* Without a packet it would sleep for ever in these tests, and the call not come to its end. */
START_TEST(a_worker_that_has_nothing_to_do_answers_a_call)
{
	struct worker_plan plan;
	struct worker *worker = start(&plan);
	int calls = 0;

	for (int i = 0; i < 100; i++)
		worker_call(worker, count_call, &calls);
	ck_assert_int_eq(calls, 100);
	stop(worker, &plan);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("worker");

	tcase_add_test(t, a_worker_that_has_nothing_to_do_answers_a_call);
	tcase_add_test(t, no_packet_is_read_before_privileges_are_given_up);
	return run_suite("worker", t);
}
