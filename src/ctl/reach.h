/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why ftpalgd cannot be asked, in words that are right for whoever asks.
 */
#ifndef FTPALGD_CTL_REACH_H
#define FTPALGD_CTL_REACH_H

enum reach {
	REACH_ABSENT,    /* it does not run */
	REACH_ELSEWHERE, /* it runs, and listens elsewhere or not at all */
	REACH_DENIED,    /* this user may not connect */
	REACH_FAILED,    /* none of these */
};

#define REACH_TEXT_MAX 384

struct reach_words {
	enum reach reach;
	char what[REACH_TEXT_MAX];
	char mend[REACH_TEXT_MAX];
};

/* error is what connecting to socket came to, -errno. */
void reach_explain(const char *socket, int error, struct reach_words *out);

#endif
