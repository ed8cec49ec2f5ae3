/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/monitor.h"

#include <string.h>

enum monitor monitor_of(const char *word)
{
	static const char *const words[] = {
		[MONITOR_FINE] = "fine",
		[MONITOR_WARNING] = "warning",
		[MONITOR_TROUBLE] = "trouble",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return (enum monitor)i;
	return MONITOR_UNKNOWN;
}

enum monitor monitor_worse(enum monitor a, enum monitor b)
{
	static const int rank[] = {
		[MONITOR_FINE] = 0, [MONITOR_UNKNOWN] = 1, [MONITOR_WARNING] = 2, [MONITOR_TROUBLE] = 3,
	};

	return rank[a] >= rank[b] ? a : b;
}

enum monitor monitor_of_reach(enum reach reach)
{
	return reach == REACH_ABSENT ? MONITOR_TROUBLE : MONITOR_UNKNOWN;
}
