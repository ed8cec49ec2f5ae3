/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays the corpus of a fuzz target: what make check runs in place of libFuzzer.
 *
 * Files are given as arguments; without any it is tests/fuzz/corpus/NAME of the source tree, where
 * NAME is the program's without "fuzz_".
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *whole, *exact;
	size_t size;

	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	whole = malloc(INPUT_MAX);
	size = fread(whole, 1, INPUT_MAX, file);
	fclose(file);
	/* Of its exact size, so that a sanitizer sees one byte too many read. */
	exact = malloc(size + 1);
	memcpy(exact, whole, size);
	free(whole);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int replay_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int failed = 0, count = 0;

	if (folder == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = readdir(folder)) != NULL) {
		char file[2 * PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		failed |= replay(file);
		count++;
	}
	closedir(folder);
	printf("%d inputs from %s\n", count, path);
	return failed | (count == 0);
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_"), *source = getenv("srcdir");
	char path[PATH_MAX];
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (argc > 1)
		return failed;
	for (const char *next = name; next != NULL; next = strstr(name + 1, "fuzz_"))
		name = next;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", source == NULL ? "." : source,
		 name == NULL ? "" : name + strlen("fuzz_"));
	return replay_folder(path);
}
