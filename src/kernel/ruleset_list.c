/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_list.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_MAX 256

int ruleset_list(const char *what, char **text)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	char command[COMMAND_MAX];
	int err = -EIO;

	if (!nft)
		return -ENOMEM;
	snprintf(command, sizeof(command), "list %s", what);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_NUMERIC_PRIO | NFT_CTX_OUTPUT_TERSE);
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

/* Copies what stands between word and '{', if the line begins with word behind its tabs. */
static void copy_name(const char *line, size_t length, const char *word, char *name, size_t size)
{
	const char *end = line + length;
	size_t i = 0;

	while (line < end && *line == '\t')
		line++;
	length = (size_t)(end - line);
	if (length <= strlen(word) || memcmp(line, word, strlen(word)) != 0)
		return;
	line += strlen(word);
	while (i + 1 < size && line < end && *line != '{')
		name[i++] = *line++;
	while (i > 0 && name[i - 1] == ' ')
		i--;
	name[i] = '\0';
}

bool ruleset_list_find(const char *text, const char *needle, char *table, size_t size)
{
	table[0] = '\0';
	while (*text) {
		size_t length = strcspn(text, "\n");

		copy_name(text, length, "table ", table, size);
		if (line_holds(text, length, needle))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}

static bool read_hook(const char *line, size_t length, struct ruleset_chain *chain)
{
	char copy[RULESET_NAME_MAX], *at;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	if (sscanf(copy, " type %15s hook %15s", chain->type, chain->hook) != 2)
		return false;
	at = strstr(copy, "priority ");
	chain->priority = at ? atoi(at + strlen("priority ")) : 0;
	chain->drops = strstr(copy, "policy drop") != NULL;
	return at != NULL;
}

void ruleset_list_chains(const char *text, ruleset_chain_seen *seen, void *data)
{
	struct ruleset_chain chain = { .table = "" };

	while (*text) {
		size_t length = strcspn(text, "\n");

		copy_name(text, length, "table ", chain.table, sizeof(chain.table));
		copy_name(text, length, "chain ", chain.name, sizeof(chain.name));
		if (read_hook(text, length, &chain))
			seen(&chain, data);
		text += length + (text[length] == '\n');
	}
}
