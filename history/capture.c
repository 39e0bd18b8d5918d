#include "history/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum {
	LOOK_MS = 100,     /* at the stop flag, at least this often */
	HAND_OVER_MS = 50, /* the kernel hands over a block that is not full after this time;
			      shorter than LOOK_MS, so that a look that long after the stop
			      sees all that came before it */
	BUFFER_BYTES = 16 << 20,
	FILE_HEADER_BYTES = 24,
	PACKET_HEADER_BYTES = 16,
};

struct part {
	int number;
	bool pinned; /* a fault was under way, or nearly */
	int64_t packets, bytes, from_ns, to_ns;
};

struct sink {
	const struct capture_config *config;
	struct capture_result *result;
	pcap_t *pcap;
	pcap_dumper_t *file; /* of the last part; NULL: none, or it could not be made */
	struct part part[CAPTURE_PARTS];
	int parts;
	int64_t before_ns, now_ns; /* the look before this one, and this one */
	int64_t pinned_until_ns;
	int32_t faults_ended;
	struct error err; /* of a part that could not be made */
};

static char *name_part(const char *path, int number)
{
	return text_format("%s.%d", path, number);
}

/* Giving up ----------------------------------------------------------------------------------- */

/* Adds the part to the gap that it touches, joins two that touch, or makes a new one. */
static void note_gap(struct capture_result *result, const struct part *part)
{
	struct capture_gap *gap = result->gap;
	int at = 0;

	while (at < result->gaps && gap[at].first_part < part->number)
		at++;
	bool after = at > 0 && gap[at - 1].last_part == part->number - 1;
	bool before = at < result->gaps && gap[at].first_part == part->number + 1;

	if (after && before) {
		gap[at - 1].last_part = gap[at].last_part;
		gap[at - 1].to_ns = gap[at].to_ns;
		result->gaps--;
		memmove(&gap[at], &gap[at + 1], (size_t)(result->gaps - at) * sizeof(*gap));
	} else if (after) {
		gap[at - 1].last_part = part->number;
		gap[at - 1].to_ns = part->to_ns;
	} else if (before) {
		gap[at].first_part = part->number;
		gap[at].from_ns = part->from_ns;
	} else {
		CHECK(result->gaps < CAPTURE_PARTS + 1);
		memmove(&gap[at + 1], &gap[at], (size_t)(result->gaps - at) * sizeof(*gap));
		gap[at] = (struct capture_gap){part->number, part->number, part->from_ns,
					       part->to_ns};
		result->gaps++;
	}
}

static void give_one_up(struct sink *sink)
{
	int chosen = 0;

	while (chosen < sink->parts - CAPTURE_NEWEST && sink->part[chosen].pinned)
		chosen++;
	if (chosen == sink->parts - CAPTURE_NEWEST)
		chosen = 0;
	struct part *part = &sink->part[chosen];
	_cleanup_free_ char *name = name_part(sink->config->path, part->number);

	unlink(name);
	sink->result->kept -= part->packets;
	sink->result->kept_bytes -= part->bytes;
	sink->result->dropped += part->packets;
	sink->result->dropped_bytes += part->bytes;
	note_gap(sink->result, part);
	sink->parts--;
	memmove(part, part + 1, (size_t)(sink->parts - chosen) * sizeof(*part));
}

/* Keeping ------------------------------------------------------------------------------------- */

static int close_part(struct sink *sink, struct error *err)
{
	int failed = 0;

	if (!sink->file)
		return 0;
	if (pcap_dump_flush(sink->file) < 0 || ferror(pcap_dump_file(sink->file)))
		failed = error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", sink->config->path);
	pcap_dump_close(sink->file);
	sink->file = NULL;
	return failed;
}

static int begin_part(struct sink *sink, struct error *err)
{
	int number = sink->result->parts + 1;
	_cleanup_free_ char *name = name_part(sink->config->path, number);

	if (close_part(sink, err))
		return -1;
	if (sink->parts == CAPTURE_PARTS)
		give_one_up(sink);
	sink->file = pcap_dump_open(sink->pcap, name);
	if (!sink->file)
		return error_set(err, EXIT_MACHINE_LACKS, "%s", pcap_geterr(sink->pcap));
	sink->result->parts = number;
	sink->result->kept_bytes += FILE_HEADER_BYTES;
	sink->part[sink->parts++] = (struct part){
		.number = number, .from_ns = sink->now_ns, .bytes = FILE_HEADER_BYTES};
	return 0;
}

static void take_packet(unsigned char *context, const struct pcap_pkthdr *header,
			const unsigned char *bytes)
{
	struct sink *sink = (struct sink *)(void *)context;
	struct part *part = &sink->part[sink->parts - 1];
	int64_t size = PACKET_HEADER_BYTES + (int64_t)header->caplen;

	if (part->bytes + size > sink->config->limit_bytes / CAPTURE_PARTS) {
		if (sink->err.code || begin_part(sink, &sink->err)) {
			pcap_breakloop(sink->pcap);
			return;
		}
		part = &sink->part[sink->parts - 1];
	}
	/* It may have come as early as that, however late we are. */
	part->pinned |= sink->before_ns - HAND_OVER_MS * NS_PER_MS < sink->pinned_until_ns;
	part->to_ns = sink->now_ns;
	part->packets++;
	part->bytes += size;
	sink->result->kept++;
	sink->result->kept_bytes += size;
	pcap_dump((unsigned char *)sink->file, header, bytes);
}

/* Whatever began or ended since the look before is seen, however short it was, and however late
 * this look is. */
static void look_for_faults(struct sink *sink)
{
	const struct live *live = sink->config->live;

	sink->before_ns = sink->now_ns;
	sink->now_ns = clock_now_ns();
	if (!live)
		return;
	int32_t active = atomic_load(&live->faults_active);
	int32_t ended = atomic_load(&live->faults_ended);

	if (active <= 0 && ended == sink->faults_ended)
		return;
	sink->faults_ended = ended;
	sink->pinned_until_ns = sink->now_ns + sink->config->after_ns;
	int64_t since_ns = sink->before_ns - sink->config->before_ns;

	for (int i = 0; i < sink->parts; i++)
		if (sink->part[i].to_ns >= since_ns)
			sink->part[i].pinned = true;
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

/* Until told to stop, and then what has arrived by then. */
static int pump(struct sink *sink, struct error *err)
{
	const struct capture_config *config = sink->config;
	struct pollfd fd = {pcap_get_selectable_fd(sink->pcap), POLLIN, 0};
	int64_t last_look_ns = CLOCK_NEVER;
	bool is_last;

	CHECK(fd.fd >= 0);
	do {
		if (last_look_ns == CLOCK_NEVER && atomic_load(config->stop))
			last_look_ns = clock_now_ns() + LOOK_MS * NS_PER_MS;
		is_last = clock_now_ns() >= last_look_ns;
		if (poll(&fd, 1, LOOK_MS) < 0 && errno != EINTR)
			return error_errno(err, EXIT_OUR_FAULT, "capture: poll");
		look_for_faults(sink);
		int taken = pcap_dispatch(sink->pcap, -1, take_packet, (unsigned char *)sink);

		if (sink->err.code) {
			*err = sink->err;
			return -1;
		}
		if (taken < 0 && taken != PCAP_ERROR_BREAK)
			return error_set(err, EXIT_MACHINE_LACKS, "capture on %s: %s",
					 config->interface, pcap_geterr(sink->pcap));
		if (ferror(pcap_dump_file(sink->file)))
			return error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", config->path);
	} while (!is_last);
	return 0;
}

static int capture_into_parts(pcap_t *pcap, const struct capture_config *config,
			      struct capture_result *result, struct error *err)
{
	struct sink sink = {
		.config = config, .result = result, .pcap = pcap, .now_ns = clock_now_ns()};
	struct error second = {0};
	struct pcap_stat stats;

	if (begin_part(&sink, err))
		return -1;
	int status = pump(&sink, err);

	if (close_part(&sink, status ? &second : err))
		status = -1;
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
		status = capture_into_parts(pcap, config, result, err);
	pcap_close(pcap);
	return status;
}

/* Joining ------------------------------------------------------------------------------------- */

/* Appends its packets, but for one that was not written to its end. */
static int append_part(pcap_t *part, pcap_dumper_t *file, const char *path,
		       struct capture_result *result, struct error *err)
{
	struct pcap_pkthdr *header;
	const unsigned char *bytes;

	while (pcap_next_ex(part, &header, &bytes) == 1) {
		pcap_dump((unsigned char *)file, header, bytes);
		result->kept++;
		result->kept_bytes += PACKET_HEADER_BYTES + (int64_t)header->caplen;
	}
	if (ferror(pcap_dump_file(file)))
		return error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", path);
	return 0;
}

static int join_part(const char *path, int number, pcap_dumper_t **file,
		     struct capture_result *result, struct error *err)
{
	_cleanup_free_ char *name = name_part(path, number);
	char complaint[PCAP_ERRBUF_SIZE];
	pcap_t *part = pcap_open_offline(name, complaint);
	int failed = 0;

	if (!part) { /* given up, or killed before its head was written */
		unlink(name);
		return 0;
	}
	if (!*file) {
		*file = pcap_dump_open(part, path);
		result->kept_bytes = FILE_HEADER_BYTES;
	}
	failed = *file ? append_part(part, *file, path, result, err)
		       : error_set(err, EXIT_MACHINE_LACKS, "%s", pcap_geterr(part));
	pcap_close(part);
	if (!failed)
		unlink(name);
	return failed;
}

int capture_join(const char *path, struct capture_result *result, struct error *err)
{
	pcap_dumper_t *file = NULL;
	int failed = 0;

	result->kept = result->kept_bytes = 0;
	for (int number = 1; number <= result->parts && !failed; number++)
		failed = join_part(path, number, &file, result, err);
	if (file && pcap_dump_flush(file) < 0 && !failed)
		failed = error_errno(err, EXIT_MACHINE_LACKS, "write %.300s", path);
	if (file)
		pcap_dump_close(file);
	return failed;
}
