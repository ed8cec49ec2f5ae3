/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct capture {
	pcap_t *pcap;
	uint64_t frames;
};

struct capture_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
};

int capture_open(const char *path, struct capture **out, char error[static CAPTURE_ERROR_MAX])
{
	struct capture *c = calloc(1, sizeof(*c));
	char why[PCAP_ERRBUF_SIZE] = "no memory left";

	if (c != NULL)
		c->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
								  why);
	if (c == NULL || c->pcap == NULL) {
		snprintf(error, CAPTURE_ERROR_MAX, "%s", why);
		free(c);
		return -EIO;
	}
	*out = c;
	return 0;
}

void capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	pcap_close(c->pcap);
	free(c);
}

int capture_linktype(const struct capture *c)
{
	return pcap_datalink(c->pcap);
}

const char *capture_linktype_name(const struct capture *c)
{
	const char *name = pcap_datalink_val_to_description(pcap_datalink(c->pcap));

	return name != NULL ? name : "unknown";
}

int capture_read(struct capture *c, struct frame *frame, char error[static CAPTURE_ERROR_MAX])
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int got = pcap_next_ex(c->pcap, &header, &bytes);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1) {
		snprintf(error, CAPTURE_ERROR_MAX, "%s", pcap_geterr(c->pcap));
		return -EIO;
	}
	*frame = (struct frame){
		.number = ++c->frames,
		.time = { .tv_sec = header->ts.tv_sec, .tv_nsec = header->ts.tv_usec },
		.bytes = bytes,
		.size = header->caplen,
		.wire_size = header->len,
	};
	return 1;
}

int capture_create(const char *path, int linktype, struct capture_writer **out,
		   char error[static CAPTURE_ERROR_MAX])
{
	struct capture_writer *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->pcap = pcap_open_dead_with_tstamp_precision(linktype, CAPTURE_FRAME_MAX,
							       PCAP_TSTAMP_PRECISION_NANO);
	if (w == NULL || w->pcap == NULL) {
		snprintf(error, CAPTURE_ERROR_MAX, "no memory left");
		free(w);
		return -ENOMEM;
	}
	w->dumper = pcap_dump_open(w->pcap, path);
	if (w->dumper == NULL) {
		snprintf(error, CAPTURE_ERROR_MAX, "%s", pcap_geterr(w->pcap));
		pcap_close(w->pcap);
		free(w);
		return -EIO;
	}
	*out = w;
	return 0;
}

void capture_write(struct capture_writer *w, const struct frame *frame)
{
	const struct pcap_pkthdr header = {
		.ts = { .tv_sec = frame->time.tv_sec, .tv_usec = frame->time.tv_nsec },
		.caplen = (bpf_u_int32)frame->size,
		.len = (bpf_u_int32)frame->wire_size,
	};

	pcap_dump((u_char *)w->dumper, &header, frame->bytes);
}

int capture_finish(struct capture_writer *w)
{
	int error = 0;

	if (w == NULL)
		return 0;
	if (pcap_dump_flush(w->dumper) < 0)
		error = -errno;
	if (error == 0 && ferror(pcap_dump_file(w->dumper)) != 0)
		error = -EIO;
	pcap_dump_close(w->dumper);
	pcap_close(w->pcap);
	free(w);
	return error;
}
