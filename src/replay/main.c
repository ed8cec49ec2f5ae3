/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ftpalg-replay: the daemon's decisions over a capture, without privileges.
 */
#include "replay/link.h"
#include "replay/options.h"
#include "replay/replay.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

static int complain(const char *path, const char *why, const char *what_to_do)
{
	fprintf(stderr, "ftpalg-replay: %s: %s\n%s%s", path, why, what_to_do,
		*what_to_do != '\0' ? "\n" : "");
	return EXIT_FAILED;
}

/* The output would be emptied before it is read. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Plays frame after frame. What can be read before an error is used. */
static int play(const struct replay_options *o, struct capture *in, struct replay *r)
{
	char why[CAPTURE_ERROR_MAX];
	struct frame frame;
	int got;

	while ((got = capture_read(in, &frame, why)) == 1)
		replay_frame(r, &frame);
	if (got == 0)
		return EXIT_FINE;
	return complain(o->in, why, "Frames before this place were used. 'editcap' or a new capture may help.");
}

static void hint(const struct replay_options *o, const struct totals *totals)
{
	if (totals->sessions == 0)
		fprintf(stderr, "ftpalg-replay: %s: no FTP control connection found; "
			"name the virtual service (-s) or the real server (-r) as the capture shows it\n",
			o->in);
}

static int run_with(const struct replay_options *o, struct capture *in, struct capture_writer *writer,
		    struct listing *listing)
{
	const struct replay_plan plan = {
		.linktype = capture_linktype(in),
		.roles = &o->roles,
		.service = &o->service,
		.server_ports = o->server_ports,
		.live = o->live,
		.talks = REPLAY_TALKS,
		.listing = listing,
		.writer = writer,
	};
	struct replay *r = replay_new(&plan);
	struct totals totals;
	int status;

	if (r == NULL)
		return complain(o->in, "no memory left", "");
	status = play(o, in, r);
	replay_finish(r, &totals);
	listing_totals(listing, &totals);
	if (status == EXIT_FINE)
		hint(o, &totals);
	return status;
}

static int run_into(const struct replay_options *o, struct capture *in, struct capture_writer *writer)
{
	struct listing *listing = listing_new(stdout, o->json);
	int status, error;

	if (listing == NULL)
		return complain(o->in, "no memory left", "");
	status = run_with(o, in, writer, listing);
	error = listing_finish(listing);
	listing_free(listing);
	return error < 0 ? complain("standard output", strerror(-error), "") : status;
}

static int run_on(const struct replay_options *o, struct capture *in)
{
	struct capture_writer *writer = NULL;
	char why[CAPTURE_ERROR_MAX];
	int status, error;

	if (!link_is_known(capture_linktype(in)))
		return complain(o->in, capture_linktype_name(in),
				"is a link type not understood here; take the capture as one of: " LINK_TYPES_TEXT);
	if (o->out != NULL && capture_create(o->out, capture_linktype(in), &writer, why) < 0)
		return complain(o->out, why, "The rewritten capture cannot be written there.");
	status = run_into(o, in, writer);
	error = capture_finish(writer);
	return error < 0 ? complain(o->out, strerror(-error), "The rewritten capture is not complete.")
			 : status;
}

static int run(const struct replay_options *o)
{
	struct capture *in;
	char why[CAPTURE_ERROR_MAX];
	int status;

	if (o->out != NULL && is_same_file(o->in, o->out)) {
		complain(o->out, "is the capture that is read", "Name another file for the rewritten one.");
		return EXIT_USAGE;
	}
	if (capture_open(o->in, &in, why) < 0)
		return complain(o->in, why, "Give a capture in the format pcap or pcapng, as tcpdump -w writes it.");
	status = run_on(o, in);
	capture_close(in);
	return status;
}

int main(int argc, char **argv)
{
	struct replay_options o;

	if (replay_options_parse(argc, argv, &o) < 0)
		return EXIT_USAGE;
	switch (o.task) {
	case REPLAY_HELP:
		replay_options_help();
		return EXIT_FINE;
	case REPLAY_VERSION:
		printf("ftpalg-replay %s\n", PACKAGE_VERSION);
		return EXIT_FINE;
	case REPLAY_RUN:
		break;
	}
	return run(&o);
}
