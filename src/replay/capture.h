/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures in and out, through libpcap: pcap and pcapng are read, pcap is written.
 *
 * Times are kept to the nanosecond, so what is written is pcap's variant for nanoseconds. A
 * capture's error text names no file: the caller knows which.
 */
#ifndef FTPALGD_REPLAY_CAPTURE_H
#define FTPALGD_REPLAY_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CAPTURE_ERROR_MAX 512

/* No frame is larger, whatever the file says of its own. */
#define CAPTURE_FRAME_MAX 262144

struct frame {
	uint64_t number;      /* from 1, as every tool counts them */
	struct timespec time;
	const uint8_t *bytes; /* borrowed until the next frame is read */
	size_t size;          /* bytes in the capture */
	size_t wire_size;     /* bytes on the wire: more, when the capture cut the frame short */
};

struct capture;
struct capture_writer;

/* "-" is the standard input. Returns 0, or -EIO with the reason in error. */
int capture_open(const char *path, struct capture **out, char error[static CAPTURE_ERROR_MAX])
	__attribute__((warn_unused_result));
void capture_close(struct capture *c);

/* libpcap's number (DLT_), and its name for people. */
int capture_linktype(const struct capture *c);
const char *capture_linktype_name(const struct capture *c);

/* Returns 1 with a frame, 0 at the end, or -EIO with the reason in error. */
int capture_read(struct capture *c, struct frame *frame, char error[static CAPTURE_ERROR_MAX])
	__attribute__((warn_unused_result));

int capture_create(const char *path, int linktype, struct capture_writer **out,
		   char error[static CAPTURE_ERROR_MAX]) __attribute__((warn_unused_result));

/* An error is remembered and told by capture_finish. */
void capture_write(struct capture_writer *w, const struct frame *frame);

/* Closes the file and frees the writer, NULL too. Returns 0 or -errno. */
int capture_finish(struct capture_writer *w) __attribute__((warn_unused_result));

#endif
