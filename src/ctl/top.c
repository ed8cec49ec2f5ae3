/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top.h"

#include "ctl/ask.h"
#include "ctl/top_view.h"

#include <curses.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { REFRESH_MS = 1000, SERVICES = 1000, EVENTS = 100 };

struct cursor_line {
	int row;
};

static void draw(void *data, const char *text, bool heading)
{
	struct cursor_line *at = data;

	if (heading)
		attron(A_BOLD);
	mvaddnstr(at->row++, 0, text, COLS);
	if (heading)
		attroff(A_BOLD);
}

/* NULL where there is no answer: the screen says so. */
static json_t *fetch(const struct options *o, const char *command, int limit)
{
	json_t *request = limit > 0 ? json_pack("{s:s, s:i}", "command", command, "limit", limit)
				    : json_pack("{s:s}", "command", command);
	json_t *result = NULL;

	if (request != NULL && ask_quietly(o, request, &result) < 0)
		result = NULL;
	json_decref(request);
	return result;
}

static void look(const struct options *o, struct top_moment *m)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	m->time = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	m->status = fetch(o, "status", 0);
	m->services = fetch(o, "services", SERVICES);
	m->recent = fetch(o, "recent", EVENTS);
}

static void redraw(const struct top_moment *now, const struct top_moment *before)
{
	struct cursor_line at = { 0 };

	erase();
	top_show(now, before, LINES > 1 ? (size_t)LINES - 1 : 1, draw, &at);
	mvaddnstr(LINES - 1, 0, "q: quit", COLS);
	refresh();
}

static void run(const struct options *o)
{
	struct top_moment now = { 0 }, before = { 0 };

	timeout(REFRESH_MS);
	do {
		top_moment_free(&before);
		before = now;
		now = (struct top_moment){ 0 };
		look(o, &now);
		redraw(&now, &before);
	} while (getch() != 'q');
	top_moment_free(&before);
	top_moment_free(&now);
}

int top(const struct options *o)
{
	if (o->json || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fprintf(stderr, "ftpalgctl: top needs a terminal\n");
		return STATUS_USAGE;
	}
	if (initscr() == NULL)
		return STATUS_FAILED;
	cbreak();
	noecho();
	curs_set(0);
	run(o);
	endwin();
	return STATUS_FINE;
}
