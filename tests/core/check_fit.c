/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/fit.h"

#include <stdio.h>
#include <string.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

/*
 * How clients read a reply: their loops, written down anew. Each returns the port, having compared
 * the address with wanted, or 0.
 */

static bool numbers_are(const unsigned int n[6], const char *wanted)
{
	char text[64];

	snprintf(text, sizeof(text), "%u,%u,%u,%u,%u,%u", n[0], n[1], n[2], n[3], n[4], n[5]);
	return strcmp(text, wanted) == 0;
}

static const char *first_digit(const char *s)
{
	while (*s != '\0' && (*s < '0' || *s > '9'))
		s++;
	return s;
}

static int scan_six(const char *s, unsigned int n[6])
{
	return sscanf(s, "%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
}

/* tnftp, inetutils: from the first digit behind the code up to a closing bracket. */
static bool read_by_tnftp(const char *line, const char *wanted)
{
	char pasv[64];
	size_t size = 0;
	unsigned int n[6];

	for (const char *s = first_digit(line + 4); *s != '\0' && *s != ')' && *s != '\r'; s++)
		if (size < sizeof(pasv) - 1)
			pasv[size++] = *s;
	pasv[size] = '\0';
	return scan_six(pasv, n) == 6 && numbers_are(n, wanted);
}

/* Old BSD clients: behind the bracket, where there is one. */
static bool read_by_bsd(const char *line, const char *wanted)
{
	const char *s = strchr(line, '(');
	unsigned int n[6];

	return s == NULL || (scan_six(s + 1, n) == 6 && numbers_are(n, wanted));
}

static bool read_by_wget(const char *line, const char *wanted)
{
	const char *s = first_digit(line + 4);
	unsigned int n[6];

	for (int i = 0; i < 6; i++) {
		n[i] = 0;
		for (; *s >= '0' && *s <= '9'; s++)
			n[i] = n[i] * 10 + (unsigned int)(*s - '0');
		if (*s == ',')
			s++;
		else if (i < 5)
			return false;
	}
	return numbers_are(n, wanted);
}

static bool read_by_ncftp(const char *line, const char *wanted)
{
	unsigned int n[6];

	return scan_six(first_digit(line + 4), n) == 6 && numbers_are(n, wanted);
}

/* curl: at every position in turn. */
static bool read_by_curl(const char *line, const char *wanted)
{
	unsigned int n[6];

	for (const char *s = line + 4; *s != '\0'; s++)
		if (scan_six(s, n) == 6)
			return numbers_are(n, wanted);
	return false;
}

static unsigned int extended_by_sscanf(const char *line)
{
	const char *s = strchr(line, '(');
	char a, b, c, d;
	unsigned int port;

	if (s == NULL || sscanf(s + 1, "%c%c%c%u%c", &a, &b, &c, &port, &d) != 5)
		return 0;
	return a == b && b == c && c == d ? port : 0;
}

static unsigned int extended_by_wget(const char *line)
{
	const char *s = strchr(line + 4, '(');
	unsigned int port = 0;
	char delimiter;

	if (s == NULL)
		return 0;
	delimiter = s[1];
	if (s[2] != delimiter || s[3] != delimiter)
		return 0;
	for (s += 4; *s >= '0' && *s <= '9'; s++)
		port = port * 10 + (unsigned int)(*s - '0');
	return s[0] == delimiter && s[1] == ')' ? port : 0;
}

/* ftplib: everything between the brackets, split at the delimiter. */
static unsigned int extended_by_ftplib(const char *line)
{
	const char *left = strchr(line, '('), *right = left == NULL ? NULL : strchr(left, ')');

	if (right == NULL || left[1] != right[-1])
		return 0;
	return (unsigned int)strtoul(left + 4, NULL, 10);
}

/* ---- the replies ---- */

struct reply {
	const char *before, *after; /* the announcement stands in between */
	size_t fixed;               /* bytes that must stay: code, brackets */
};

static const struct reply passive_replies[] = {
	{ "227 Entering Passive Mode (", ").", 6 },        /* vsftpd, proftpd, IIS */
	{ "227 Entering Passive Mode (", ")", 6 },         /* pure-ftpd, inetutils */
	{ "227 Entering passive mode (", ").", 6 },        /* pyftpdlib */
	{ "227 Entering Passive Mode. ", "", 4 },
	{ "227 Entering Passive Mode ", "", 4 },
	{ "227 Passive mode ", " okay", 4 },
	{ "227 ", "", 4 },
	{ "227 =", "", 5 },
	{ "227 (", ")", 6 },
	{ "227 OK (", ") and a lot of words behind it", 6 },
	{ "227 OK [", "] ", 6 },
	{ "227 Entering  Passive   Mode  (", ")  ", 6 },
	{ "227 Mode:", "", 5 },
};

static const struct reply extended_replies[] = {
	{ "229 Entering Extended Passive Mode (", ")", 6 },  /* vsftpd, proftpd, IIS */
	{ "229 Extended Passive mode OK (", ")", 6 },        /* pure-ftpd */
	{ "229 Entering extended passive mode (", ").", 6 }, /* pyftpdlib */
	{ "229 (", ")", 6 },
};

/* One of each length. */
static const char *const announcements[] = {
	"1,1,1,1,4,1", "10,1,1,1,4,1", "10,0,0,2,40,1", "10,0,0,2,40,11", "10,10,0,2,40,11",
	"10,10,10,2,40,11", "192,0,2,10,195,80", "192,10,2,10,195,80", "192,10,20,10,195,80",
	"192,100,20,10,195,80", "192,100,200,10,195,80", "192,100,200,100,195,80",
	"192,100,200,100,195,180",
};

enum { ANNOUNCEMENTS = sizeof(announcements) / sizeof(announcements[0]) };

static size_t fit(const struct reply *r, const char *old, const char *new, char line[256], char out[512])
{
	int size = snprintf(line, 256, "%s%s%s", r->before, old, r->after);
	struct span where = { strlen(r->before), strlen(old) };
	char *exact = malloc((size_t)size), *exact_out = malloc((size_t)size + ANNOUNCEMENT_MAX);
	size_t fitted;

	memcpy(exact, line, (size_t)size);
	fitted = fit_announcement(exact, (size_t)size, where, new, strlen(new), exact_out);
	ck_assert_uint_le(fitted, (size_t)size + ANNOUNCEMENT_MAX);
	memcpy(out, exact_out, fitted);
	out[fitted] = '\0';
	free(exact);
	free(exact_out);
	return fitted;
}

/* Equal length wherever there is slack; else longer by no more than what is missing. */
static void expect_size(const struct reply *r, const char *new, size_t size, size_t fitted)
{
	size_t least = r->fixed + strlen(new);

	ck_assert_uint_eq(fitted, size > least ? size : least);
}

START_TEST(every_pair_of_passive_lengths_keeps_the_length_and_is_read_back)
{
	for (size_t r = 0; r < sizeof(passive_replies) / sizeof(passive_replies[0]); r++)
		for (size_t i = 0; i < ANNOUNCEMENTS * ANNOUNCEMENTS; i++) {
			const char *old = announcements[i / ANNOUNCEMENTS];
			const char *new = announcements[i % ANNOUNCEMENTS];
			char line[256], out[512];
			size_t fitted = fit(&passive_replies[r], old, new, line, out);
			struct announcement a;

			expect_size(&passive_replies[r], new, strlen(line), fitted);
			ck_assert_msg(announcement_find(out, fitted, 4, 227, &a) == 0, "%s", out);
			ck_assert_uint_eq(a.where.size, strlen(new));
			ck_assert_int_eq(strncmp(out + a.where.start, new, a.where.size), 0);
			ck_assert_msg(read_by_tnftp(out, new), "tnftp: %s", out);
			ck_assert_msg(read_by_bsd(out, new), "BSD: %s", out);
			ck_assert_msg(read_by_wget(out, new), "wget: %s", out);
			ck_assert_msg(read_by_ncftp(out, new), "ncftp: %s", out);
			ck_assert_msg(read_by_curl(out, new), "curl: %s", out);
		}
}
END_TEST

START_TEST(every_pair_of_extended_lengths_keeps_the_length_and_is_read_back)
{
	static const unsigned int ports[] = { 1, 22, 333, 4444, 55555 };

	for (size_t r = 0; r < sizeof(extended_replies) / sizeof(extended_replies[0]); r++)
		for (size_t i = 0; i < 25; i++) {
			char old[16], new[16], line[256], out[512];
			size_t fitted;
			struct announcement a;
			uint16_t port;

			snprintf(old, sizeof(old), "|||%u|", ports[i / 5]);
			snprintf(new, sizeof(new), "|||%u|", ports[i % 5]);
			fitted = fit(&extended_replies[r], old, new, line, out);
			expect_size(&extended_replies[r], new, strlen(line), fitted);
			ck_assert_int_eq(announcement_find(out, fitted, 4, 229, &a), 0);
			port = a.named.port;
			ck_assert_uint_eq(port, ports[i % 5]);
			ck_assert_msg(extended_by_sscanf(out) == port, "curl, tnftp: %s", out);
			ck_assert_msg(extended_by_wget(out) == port, "wget: %s", out);
			ck_assert_msg(extended_by_ftplib(out) == port, "ftplib: %s", out);
		}
}
END_TEST

START_TEST(words_go_from_the_announcement_outwards)
{
	const struct reply r = { "227 Entering Passive Mode (", ").", 6 };
	char line[256], out[512];

	fit(&r, "10,0,0,2,4,1", "10,0,0,2,4,11", line, out);
	ck_assert_str_eq(out, "227 Entering Passive (10,0,0,2,4,11).    ");
	fit(&r, "10,0,0,2,4,1", "10,0,0,2,4,1", line, out);
	ck_assert_str_eq(out, line);
	fit(&r, "10,0,0,2,4,1", "1,0,0,2,4,1", line, out);
	ck_assert_str_eq(out, "227 Entering Passive Mode (1,0,0,2,4,1). ");
	fit(&r, "1,1,1,1,4,1", "192,100,200,100,195,180", line, out);
	ck_assert_str_eq(out, "227 Entering (192,100,200,100,195,180). ");
}
END_TEST

START_TEST(the_same_announcement_changes_nothing)
{
	for (size_t r = 0; r < sizeof(passive_replies) / sizeof(passive_replies[0]); r++)
		for (size_t i = 0; i < ANNOUNCEMENTS; i++) {
			char line[256], out[512];

			fit(&passive_replies[r], announcements[i], announcements[i], line, out);
			ck_assert_str_eq(out, line);
		}
}
END_TEST

/* Nothing but dropped text and blanks, whatever the wording. */
START_TEST(random_lines_lose_text_but_gain_only_blanks)
{
	static const char letters[] = "abcD  ..-=()[]:\"\xe8\xff";
	struct random r = { 6 };

	for (int n = 0; n < 20000; n++) {
		char before[80] = "227 ", after[80] = "", line[256], out[512];
		const char *old = announcements[random_below(&r, ANNOUNCEMENTS)];
		const char *new = announcements[random_below(&r, ANNOUNCEMENTS)];
		struct reply reply = { before, after, 0 };
		size_t head = 4 + random_below(&r, 40), tail = random_below(&r, 40), fitted, i, j;
		const char *found;

		for (i = 4; i < head; i++)
			before[i] = letters[random_below(&r, sizeof(letters) - 1)];
		for (i = 0; i < tail; i++)
			after[i] = letters[random_below(&r, sizeof(letters) - 1)];
		fitted = fit(&reply, old, new, line, out);
		found = strstr(out + 4, new);
		if (memcmp(out, "227 ", 4) != 0 || fitted < strlen(line) || found == NULL)
			ck_abort_msg("\"%s\" became \"%s\"", line, out);
		/* before: a beginning of the words, then their brackets */
		for (i = 4; i < (size_t)(found - out) && out[i] == before[i]; i++)
			;
		for (j = (size_t)(found - out); j > i; j--)
			if (out[j - 1] != before[head - ((size_t)(found - out) - j) - 1])
				ck_abort_msg("\"%s\" became \"%s\"", line, out);
		/* behind: a beginning of the tail, then blanks */
		found += strlen(new);
		for (i = 0; found[i] != '\0' && found[i] == after[i]; i++)
			;
		if (strspn(found + i, " ") != strlen(found + i))
			ck_abort_msg("\"%s\" became \"%s\"", line, out);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("fit");

	tcase_add_test(t, every_pair_of_passive_lengths_keeps_the_length_and_is_read_back);
	tcase_add_test(t, every_pair_of_extended_lengths_keeps_the_length_and_is_read_back);
	tcase_add_test(t, words_go_from_the_announcement_outwards);
	tcase_add_test(t, the_same_announcement_changes_nothing);
	tcase_add_test(t, random_lines_lose_text_but_gain_only_blanks);
	return run_suite("fit", t);
}
