#include "history/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>

#include "base/invariant.h"

enum {
	LOOK_MS = 100,     /* at the stop flag, at least this often */
	HAND_OVER_MS = 50, /* the kernel hands over a block that is not full after this time;
			      shorter than LOOK_MS, so that the last look sees all */
	BUFFER_BYTES = 16 << 20,
	FILE_HEADER_BYTES = 24,
	PACKET_HEADER_BYTES = 16,
};

struct sink {
	pcap_dumper_t *file;
	int64_t bytes, limit_bytes;
	struct capture_result *result;
};

static void take_packet(unsigned char *context, const struct pcap_pkthdr *header,
			const unsigned char *bytes)
{
	struct sink *sink = (struct sink *)(void *)context;
	int64_t size = PACKET_HEADER_BYTES + (int64_t)header->caplen;

	if (sink->bytes + size > sink->limit_bytes) {
		sink->result->past_limit++;
		return;
	}
	sink->bytes += size;
	sink->result->kept++;
	pcap_dump((unsigned char *)sink->file, header, bytes);
}

static int activate(pcap_t *pcap, const struct capture_config *config, struct error *err)
{
	char complaint[PCAP_ERRBUF_SIZE];

	if (pcap_set_snaplen(pcap, config->snap_bytes) || pcap_set_promisc(pcap, 1) ||
	    pcap_set_timeout(pcap, HAND_OVER_MS) || pcap_set_buffer_size(pcap, BUFFER_BYTES))
		return error_set(err, EXIT_OUR_FAULT, "capture: %s", pcap_geterr(pcap));
	int status = pcap_activate(pcap); /* above 0: a warning */

	if (status < 0) {
		const char *detail = pcap_geterr(pcap);

		return error_set(err, EXIT_MACHINE_LACKS, "capture on %s: %s%s%s",
				 config->interface, pcap_statustostr(status), *detail ? ": " : "",
				 detail);
	}
	if (pcap_setnonblock(pcap, 1, complaint) < 0)
		return error_set(err, EXIT_OUR_FAULT, "capture: %s", complaint);
	return 0;
}

/* Until told to stop, and then once more what has arrived. */
static int pump(pcap_t *pcap, const struct capture_config *config, struct sink *sink,
		struct error *err)
{
	struct pollfd fd = {pcap_get_selectable_fd(pcap), POLLIN, 0};
	int stopping;

	CHECK(fd.fd >= 0);
	do {
		stopping = atomic_load(config->stop);
		if (poll(&fd, 1, LOOK_MS) < 0 && errno != EINTR)
			return error_errno(err, EXIT_OUR_FAULT, "capture: poll");
		if (pcap_dispatch(pcap, -1, take_packet, (unsigned char *)sink) < 0)
			return error_set(err, EXIT_MACHINE_LACKS, "capture on %s: %s",
					 config->interface, pcap_geterr(pcap));
		if (ferror(pcap_dump_file(sink->file)))
			return error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", config->path);
	} while (!stopping);
	return 0;
}

static int capture_into_file(pcap_t *pcap, const struct capture_config *config,
			     struct capture_result *result, struct error *err)
{
	struct sink sink = {.file = pcap_dump_open(pcap, config->path),
			    .bytes = FILE_HEADER_BYTES,
			    .limit_bytes = config->limit_bytes,
			    .result = result};
	struct pcap_stat stats;

	if (!sink.file)
		return error_set(err, EXIT_MACHINE_LACKS, "%s", pcap_geterr(pcap));
	int status = pump(pcap, config, &sink, err);

	if (pcap_dump_flush(sink.file) < 0 && status == 0)
		status = error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", config->path);
	pcap_dump_close(sink.file);
	if (pcap_stats(pcap, &stats) == 0)
		result->missed_by_kernel = (int64_t)stats.ps_drop + stats.ps_ifdrop;
	return status;
}

int capture_run(const struct capture_config *config, struct capture_result *result,
		struct error *err)
{
	char complaint[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(config->interface, complaint);

	*result = (struct capture_result){0};
	if (!pcap)
		return error_set(err, EXIT_MACHINE_LACKS, "capture: %s", complaint);
	int status = activate(pcap, config, err);

	if (status == 0)
		status = capture_into_file(pcap, config, result, err);
	pcap_close(pcap);
	return status;
}
