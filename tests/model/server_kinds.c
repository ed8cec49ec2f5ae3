/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The servers of the lab, and the worst case of each difference: doc/servers.md. */
#include "server.h"

const struct server_kind server_kinds[] = {
	{ .name = "ProFTPD",
	  .split_cr = true,
	  .telnet = TELNET_ANSWERED,
	  .line_max = 1024,
	  .over = OVER_REFUSED,
	  .tabs = true,
	  .echoes = true,
	  .listing = LIST_BARE },
	{ .name = "pyftpdlib",
	  .line_max = 2048,
	  .over = OVER_LOST,
	  .suffix = true,
	  .echoes = true,
	  .path_250 = PATH_QUOTED,
	  .listing = LIST_LONG,
	  .early = true },
	{ .name = "pure-ftpd",
	  .lf = true,
	  .inner_cr = INNER_UNDERSCORE,
	  .inner_nul = INNER_UNDERSCORE,
	  .line_max = 4096,
	  .over = OVER_ENDS,
	  .tabs = true,
	  .silent = true,
	  .name_lf = NAME_PREFIXED,
	  .path_250 = PATH_PLAIN,
	  .echoes = true,
	  .listing = LIST_BARE },
	{ .name = "inetutils-ftpd",
	  .lf = true,
	  .inner_cr = INNER_CUTS,
	  .inner_nul = INNER_CUTS,
	  .telnet = TELNET_ANSWERED,
	  .line_max = 510,
	  .single_quotes = true,
	  .echoes = true,
	  .listing = LIST_BARE },
	{ .name = "vsftpd",
	  .lf = true,
	  .inner_nul = INNER_LF,
	  .line_max = 4096,
	  .over = OVER_ENDS,
	  .name_lf = NAME_NUL,
	  .listing = LIST_LONG },
	{ .name = "CR ends a line",
	  .cr = true,
	  .lf = true,
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "NUL ends a line",
	  .nul = true,
	  .lf = true,
	  .line_max = 512,
	  .echoes = true,
	  .early = true },
	{ .name = "all of Telnet",
	  .lf = true,
	  .telnet = TELNET_FULL,
	  .line_max = 512,
	  .echoes = true,
	  .early = true,
	  .listing = LIST_BARE },
	{ .name = "an interrupt clears the line",
	  .lf = true,
	  .telnet = TELNET_CLEARS,
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "blanks before verbs",
	  .skips_blanks = true,
	  .tabs = true,
	  .line_max = 512,
	  .over = OVER_REFUSED,
	  .echoes = true,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "other verbs list",
	  .lf = true,
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BARE,
	  .lists_by_other_verbs = true,
	  .early = true },
	{ .name = "names with a code",
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_CODE,
	  .early = true },
	{ .name = "names behind a blank",
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BLANK,
	  .early = true },
	{ .name = "refuses twice",
	  .line_max = 512,
	  .echoes = true,
	  .twice_refused = true,
	  .refusing = 30,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "two replies to CWD",
	  .line_max = 512,
	  .echoes = true,
	  .two_for_cwd = true,
	  .path_250 = PATH_PLAIN,
	  .listing = LIST_NONE,
	  .early = true,
	  .passive = 250 },
	{ .name = "ends its lines in LF",
	  .says_lf = true,
	  .lf = true,
	  .line_max = 512,
	  .name_lf = NAME_NUL,
	  .echoes = true,
	  .listing = LIST_LONG,
	  .early = true },
	{ .name = "text mode",
	  .line_max = 512,
	  .name_lf = NAME_CRLF,
	  .path_250 = PATH_QUOTED,
	  .listing = LIST_NONE,
	  .early = true },
	{ .name = "cuts its lines",
	  .line_max = 512,
	  .name_lf = NAME_CRLF,
	  .reply_max = 60,
	  .echoes = true,
	  .path_250 = PATH_QUOTED,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "ends replies oddly",
	  .line_max = 512,
	  .echoes = true,
	  .odd_multiline = true,
	  .listing = LIST_BARE,
	  .early = true },
	{ .name = "200 for PASV",
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_NONE,
	  .early = true,
	  .passive = 200 },
	{ .name = "227 for all",
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BARE,
	  .early = true,
	  .passive = 227,
	  .passive_multiline = true },
	{ .name = "229 for all",
	  .line_max = 512,
	  .echoes = true,
	  .listing = LIST_BLANK,
	  .early = true,
	  .passive = 229,
	  .refusing = 20 },
};

const size_t server_kind_count = sizeof(server_kinds) / sizeof(server_kinds[0]);

#define MIX(member) \
	kind->member = server_kinds[random_below(random, (uint32_t)server_kind_count)].member

void server_mix(struct server_kind *kind, struct random *random)
{
	kind->name = "a mixture";
	MIX(lf);
	MIX(cr);
	MIX(nul);
	MIX(split_cr);
	MIX(inner_cr);
	MIX(inner_nul);
	MIX(telnet);
	MIX(line_max);
	MIX(over);
	MIX(skips_blanks);
	MIX(tabs);
	MIX(suffix);
	MIX(silent);
	MIX(says_lf);
	MIX(name_lf);
	MIX(single_quotes);
	MIX(reply_max);
	MIX(echoes);
	MIX(path_250);
	MIX(listing);
	MIX(lists_by_other_verbs);
	MIX(twice_refused);
	MIX(two_for_cwd);
	MIX(odd_multiline);
	MIX(early);
	MIX(passive);
	MIX(passive_multiline);
	MIX(refusing);
	/* Quotes that are not doubled hide where a name ends. */
	if (kind->single_quotes && kind->name_lf == NAME_CRLF)
		kind->name_lf = NAME_RAW;
	/* Where its lines end in LF, one within a name cannot be told from an end: a server that writes names raw. */
	if (kind->says_lf && kind->name_lf == NAME_RAW)
		kind->name_lf = NAME_NUL;
}
