/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalgd(8): command line, signals, and the service manager.
 */
#include "config/config.h"
#include "control/control.h"
#include "control/health.h"
#include "control/textfile.h"
#include "daemon/control_gateway.h"
#include "daemon/gateway.h"
#include "daemon/options.h"
#include "daemon/outline.h"
#include "doctor/preflight.h"
#include "kernel/confine.h"
#include "log/log.h"
#include "traffic/manager.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	STATUS_FINE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
};

struct daemon {
	struct options options;
	struct log *log;
	struct gateway *gateway;
	struct control_gateway controlled;
	struct subject_reload reloaded;
	struct control_subject subject; /* of health, control and textfile */
	struct health *health;
	struct textfile textfile;
	struct control *control; /* NULL: it could not be opened */
	int signals;
	int timer;
	bool stop;
};

static int load_config(const struct options *options, struct config *config, FILE *words)
{
	static struct config_errors errors;
	int error = config_load(options->config, options->config_named, config, &errors);

	if (error < 0)
		config_errors_print(&errors, words);
	else if (options->verbose)
		config->log.level = LOG_LEVEL_DEBUG;
	return error;
}

/*
 * The next start would fail as well, until somebody mends what is wrong. The unit knows the status by
 * RestartPreventExitStatus=, and lets go of the queues, in which packets would wait for nobody.
 */
static int status_of_lasting_failure(void)
{
	return getenv("NOTIFY_SOCKET") != NULL ? EX_CONFIG : STATUS_FAILED;
}

/* ---- events ---- */

static void notify_ready(struct daemon *d)
{
	manager_notify("READY=1\nSTATUS=Serving %zu virtual services",
		       gateway_service_count(d->gateway));
}

/* Writes what changes, or what is wrong with the configuration. */
static int take_config(struct daemon *d, FILE *words)
{
	struct config config;
	int error = load_config(&d->options, &config, words);

	if (error < 0) {
		log_message(d->log, LOG_CONFIG_REFUSED, d->options.config);
		return error;
	}
	config_describe_change(gateway_config(d->gateway), &config, words);
	error = gateway_reload(d->gateway, &config);
	if (error < 0)
		config_free(&config);
	else
		log_message(d->log, LOG_RELOADED);
	return error;
}

/* What status shows: the first line of the words, or why there are none. */
static void remember_reload(struct daemon *d, int error, const char *words)
{
	struct subject_reload *r = &d->reloaded;
	const char *text = error < 0 && *words == '\0' ? strerror(-error) : words;

	r->when = (int64_t)time(NULL);
	r->accepted = error == 0;
	snprintf(r->words, sizeof(r->words), "%.*s", (int)strcspn(text, "\n"), text);
}

static int reload(void *context, FILE *out)
{
	struct daemon *d = context;
	struct timespec now;
	char *words = NULL;
	size_t size = 0;
	FILE *said = open_memstream(&words, &size);
	int error;

	clock_gettime(CLOCK_MONOTONIC, &now);
	manager_notify("RELOADING=1\nMONOTONIC_USEC=%lld",
		       (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	error = take_config(d, said != NULL ? said : out);
	if (said != NULL && fclose(said) == 0)
		fputs(words, out);
	remember_reload(d, error, words != NULL ? words : "");
	free(words);
	notify_ready(d);
	return error;
}

static void handle_signal(struct daemon *d)
{
	struct signalfd_siginfo info;

	if (read(d->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP)
		d->stop = true;
	else if (reload(d, stderr) < 0)
		log_message(d->log, LOG_RELOAD_IDLE);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void handle_timer(struct daemon *d)
{
	uint64_t expirations;

	if (read(d->timer, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	gateway_tick(d->gateway);
	health_look(d->health, now_ms());
	textfile_update(&d->textfile, now_ms());
	if (gateway_is_alive(d->gateway))
		manager_notify("WATCHDOG=1\nSTATUS=Serving %zu virtual services",
			       gateway_service_count(d->gateway));
}

static void loop(struct daemon *d)
{
	struct pollfd fds[] = {
		{ .fd = d->signals, .events = POLLIN },
		{ .fd = d->timer, .events = POLLIN },
		{ .fd = gateway_ruleset_fd(d->gateway), .events = POLLIN },
		{ .fd = d->control != NULL ? control_fd(d->control) : -1, .events = POLLIN },
		{ .fd = gateway_takeover_fd(d->gateway), .events = POLLIN },
	};

	while (!d->stop) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if ((fds[0].revents & POLLIN) != 0)
			handle_signal(d);
		if ((fds[2].revents & POLLIN) != 0)
			gateway_ruleset_changed(d->gateway);
		if ((fds[1].revents & POLLIN) != 0)
			handle_timer(d); /* after the ruleset was restored */
		if ((fds[4].revents & POLLIN) != 0)
			gateway_take_over(d->gateway);
		if ((fds[3].revents & POLLIN) != 0)
			control_handle(d->control);
	}
}

/* Before any thread is started, so that every thread inherits the mask. */
static int open_events(struct daemon *d)
{
	const struct itimerspec every = {
		.it_interval = { .tv_sec = GATEWAY_TICK_SECONDS },
		.it_value = { .tv_sec = GATEWAY_TICK_SECONDS },
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC);
	d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (d->signals < 0 || d->timer < 0 || timerfd_settime(d->timer, 0, &every, NULL) < 0)
		return -errno;
	return 0;
}

/* Sessions go on without it: that it cannot be opened is said, and no more. */
static void open_control(struct daemon *d)
{
	const struct config *config = gateway_config(d->gateway);
	struct control_plan plan = {
		.socket = config->control.socket,
		.group = config->control.group,
		.mode = (mode_t)config->control.mode,
		.subject = &d->subject,
		.log = d->log,
	};
	int error = control_open(&plan, &d->control);

	if (error < 0)
		log_message(d->log, LOG_CONTROL_REFUSED, config->control.socket,
			    strerror(-error));
}

/* As far as the control socket and the textfile let us. */
static void give_up_privileges(struct daemon *d)
{
	const struct config *config = gateway_config(d->gateway);
	const char *const paths[] = { config->control.socket, config->metrics.textfile };
	struct confine confine = confine_open(paths, sizeof(paths) / sizeof(paths[0]));
	int error = confine_thread(&confine);

	if (confine.landlock < 0)
		log_message(d->log, LOG_UNCONFINED, strerror(-confine.landlock));
	confine_close(&confine);
	if (error < 0)
		log_message(d->log, LOG_PRIVILEGES_KEPT, strerror(-error));
}

static int start(struct daemon *d, struct config *config)
{
	int error = open_events(d);

	if (error < 0)
		log_message(d->log, LOG_START_FAILED, "listening to signals", strerror(-error));
	/* Large arrays are used from their beginning, and packets' buffers by their first bytes. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	return error < 0 ? error : gateway_start(config, d->log, &d->gateway);
}

static int run(struct daemon *d, struct config *config)
{
	bool fit;

	signal(SIGPIPE, SIG_IGN); /* stderr may be closed before the first message */
	fit = preflight(config, d->log) == 0;
	d->health = health_new(&d->subject, d->log);
	if (d->health == NULL || !fit || start(d, config) < 0) {
		config_free(config);
		health_free(d->health);
		log_message(d->log, LOG_NOT_STARTED);
		return fit ? STATUS_FAILED : status_of_lasting_failure();
	}
	d->controlled = (struct control_gateway){ d->gateway, d, reload };
	d->subject = control_gateway_subject(&d->controlled);
	d->subject.reloaded = &d->reloaded;
	d->subject.health = d->health;
	health_look(d->health, now_ms());
	d->textfile = (struct textfile){ .subject = &d->subject, .log = d->log };
	open_control(d);
	textfile_update(&d->textfile, now_ms());
	give_up_privileges(d);
	notify_ready(d);
	loop(d);
	manager_notify("STOPPING=1");
	control_close(d->control);
	textfile_remove(&d->textfile);
	health_free(d->health);
	gateway_stop(d->gateway);
	return STATUS_FINE;
}

static int print_ruleset(struct daemon *d, struct config *config)
{
	int error = outline_print_ruleset(config, d->log, stdout);

	config_free(config);
	if (error < 0)
		log_message(d->log, LOG_PRINT_FAILED, strerror(-error));
	return error < 0 ? STATUS_FAILED : STATUS_FINE;
}

static int carry_out(struct daemon *d)
{
	struct config config;
	int status;

	if (load_config(&d->options, &config, stderr) < 0)
		return d->options.task == TASK_RUN ? status_of_lasting_failure() : STATUS_FAILED;
	if (d->options.task == TASK_CHECK) {
		config_free(&config);
		printf("%s: fine\n", d->options.config);
		return STATUS_FINE;
	}
	if (log_open(config.log.level, &d->log) < 0) {
		config_free(&config);
		return STATUS_FAILED;
	}
	status = d->options.task == TASK_PRINT_RULESET ? print_ruleset(d, &config) : run(d, &config);
	log_close(d->log);
	return status;
}

int main(int argc, char **argv)
{
	struct daemon d = { 0 };

	if (daemon_options_parse(argc, argv, &d.options) < 0)
		return STATUS_USAGE;
	switch (d.options.task) {
	case TASK_HELP:
		daemon_options_help();
		return STATUS_FINE;
	case TASK_VERSION:
		printf("ftpalgd " PACKAGE_VERSION "\n");
		return STATUS_FINE;
	default:
		return carry_out(&d);
	}
}
