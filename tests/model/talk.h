/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control connection on which nothing is lost: what one side says, and what the other hears.
 */
#ifndef FTPALGD_TESTS_MODEL_TALK_H
#define FTPALGD_TESTS_MODEL_TALK_H

#include "gateway.h"

struct talk {
	struct gateway *gateway;
	uint32_t sent[DIRECTIONS];  /* next sequence number of each side */
	uint32_t heard[DIRECTIONS]; /* next number expected of each side by the other */
	uint8_t flags;              /* of the next packet, besides ACK */
	uint16_t urgent;            /* likewise */
	bool valid;                 /* every packet that came out so far was */
	char text[PACKET_SIZE_MAX]; /* what went on of the packet before, terminated */
	size_t size;
};

struct talk talk_new(struct gateway *g);

/* One segment. Returns what the other side gets of it: "" where nothing goes on. */
const char *talk_say(struct talk *t, enum direction from, const char *text);
const char *talk_say_bytes(struct talk *t, enum direction from, const void *bytes, size_t size);

/* The segment that was sent back bytes ago is sent again. */
const char *talk_repeat(struct talk *t, enum direction from, uint32_t back, const char *text);

/* A bare acknowledgement of everything heard. */
void talk_acknowledge(struct talk *t, enum direction from);

/* talk_say byte by byte, each acknowledged; returns all of what goes on. */
const char *talk_spell(struct talk *t, enum direction from, const char *text);

#endif
