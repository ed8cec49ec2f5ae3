/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State as JSON, one view_*.c for each command. Their keys are described in ftpalgctl(8).
 *
 * A view returns a new value, or NULL: then memory was short, unless call->error says otherwise.
 */
#ifndef FTPALGD_CONTROL_VIEW_H
#define FTPALGD_CONTROL_VIEW_H

#include "control/commands.h"
#include "control/trace.h"

typedef json_t *view(const struct control_call *call);

view view_status;
view view_services;
view view_sessions;
view view_openings;
view view_stats;
view view_metrics;
view view_recent;
view view_doctor;
view view_ranges;
view view_stream;

/* Parts that several views use. */
json_t *view_endpoint(const struct endpoint *e);
json_t *view_number(uint64_t number);
json_t *view_ports(const struct port_range *range); /* NULL or first 0: none */
json_t *view_counters(const struct counters *c);

json_t *view_event(const struct control_subject *subject, const struct event *e);
json_t *view_line(const struct control_subject *subject, const struct control_trace_line *line);

/* Seconds since 1970 of a monotonic time in ms. */
double view_wall_time(uint64_t monotonic);

/* The sum over all workers; *sum is zeroed first. */
void view_sum(const struct control_subject *subject, struct counters *sum);

/* Name of the service, or its address where it has gone. */
const char *view_service_name(const struct control_subject *subject, const struct endpoint *address,
			      char text[static ENDPOINT_TEXT_MAX]);

/* Writes metrics in Prometheus' text format. */
void view_write_metrics(const struct control_subject *subject, FILE *out);

#endif
