/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_list.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 64

int ruleset_list(const char *what, char **text)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	char command[COMMAND_MAX];
	int err = -EIO;

	if (!nft)
		return -ENOMEM;
	snprintf(command, sizeof(command), "list %s", what);
	if (nft_ctx_buffer_output(nft) == 0 && nft_ctx_buffer_error(nft) == 0 &&
	    nft_run_cmd_from_buffer(nft, command) == 0) {
		*text = strdup(nft_ctx_get_output_buffer(nft));
		err = *text ? 0 : -ENOMEM;
	}
	nft_ctx_free(nft);
	return err;
}

static bool line_holds(const char *line, size_t length, const char *needle)
{
	return memmem(line, length, needle, strlen(needle)) != NULL;
}

/* The word behind "table FAMILY ". */
static void copy_table(const char *line, size_t length, char *table, size_t size)
{
	static const char word[] = "table ";
	const char *end = line + length;
	size_t i = 0;

	if (length < sizeof(word) || memcmp(line, word, sizeof(word) - 1) != 0)
		return;
	line += sizeof(word) - 1;
	while (i + 1 < size && line < end && *line != '{')
		table[i++] = *line++;
	while (i > 0 && table[i - 1] == ' ')
		i--;
	table[i] = '\0';
}

bool ruleset_list_find(const char *text, const char *needle, char *table, size_t size)
{
	table[0] = '\0';
	while (*text) {
		size_t length = strcspn(text, "\n");

		copy_table(text, length, table, size);
		if (line_holds(text, length, needle))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}
