#include "history/packets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* Copies a header out of the packet, which need not be aligned; false: it was cut off before. */
static bool take(void *header, size_t size, const struct pcap_pkthdr *info, const u_char *bytes,
		 size_t at)
{
	if (info->caplen < at + size)
		return false;
	memcpy(header, bytes + at, size);
	return true;
}

/* The file's nanoseconds: libpcap puts them where microseconds have their name. */
static int64_t wall_ns(const struct pcap_pkthdr *info)
{
	return (int64_t)info->ts.tv_sec * NS_PER_S + info->ts.tv_usec;
}

static bool read_packet(const struct pcap_pkthdr *info, const u_char *bytes,
			struct captured_packet *packet)
{
	struct ether_header ether;
	struct iphdr ip;
	struct tcphdr tcp;
	size_t at = sizeof(ether), length, headers, kept;

	if (!take(&ether, sizeof(ether), info, bytes, 0) ||
	    ether.ether_type != htons(ETHERTYPE_IP) || !take(&ip, sizeof(ip), info, bytes, at) ||
	    ip.version != 4 || ip.protocol != IPPROTO_TCP || (ntohs(ip.frag_off) & IP_OFFMASK) ||
	    !take(&tcp, sizeof(tcp), info, bytes, at + (size_t)ip.ihl * 4))
		return false;
	length = ntohs(ip.tot_len);
	headers = (size_t)ip.ihl * 4 + (size_t)tcp.doff * 4;
	*packet = (struct captured_packet){
		.wall_ns = wall_ns(info),
		.source = ntohl(ip.saddr),
		.target = ntohl(ip.daddr),
		.source_port = ntohs(tcp.source),
		.target_port = ntohs(tcp.dest),
		.seq = ntohl(tcp.seq),
		.ack = ntohl(tcp.ack_seq),
		.carried = length > headers ? (uint32_t)(length - headers) : 0,
	};
	kept = info->caplen > at + headers ? info->caplen - at - headers : 0; /* Ethernet pads */
	packet->kept = kept < packet->carried ? (uint32_t)kept : packet->carried;
	packet->bytes = packet->kept ? bytes + at + headers : NULL;
	return true;
}

/* Not a pipe or a device, which would have us wait, nor what a link leads to. */
static FILE *open_capture(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat what;

	if (fd < 0)
		return NULL;
	FILE *file = fstat(fd, &what) == 0 && S_ISREG(what.st_mode) ? fdopen(fd, "r") : NULL;

	if (!file)
		close(fd);
	return file;
}

/* NULL: it is no capture of Ethernet. */
static pcap_t *open_ethernet(const char *path)
{
	char text[PCAP_ERRBUF_SIZE];
	FILE *file = open_capture(path);
	pcap_t *pcap = file ? pcap_fopen_offline_with_tstamp_precision(
				      file, PCAP_TSTAMP_PRECISION_NANO, text)
			    : NULL;

	if (file && !pcap)
		fclose(file);
	if (!pcap || pcap_datalink(pcap) == DLT_EN10MB)
		return pcap;
	pcap_close(pcap);
	return NULL;
}

bool packets_see(const char *path, void (*see)(void *context, const struct captured_packet *packet),
		 void *context)
{
	pcap_t *pcap = open_ethernet(path);
	struct pcap_pkthdr *info;
	const u_char *bytes;
	struct captured_packet packet;

	if (!pcap)
		return false;
	while (pcap_next_ex(pcap, &info, &bytes) == 1)
		if (read_packet(info, bytes, &packet))
			see(context, &packet);
	pcap_close(pcap);
	return true;
}

int packets_copy(const char *path, int64_t from_wall_ns, int64_t until_wall_ns, FILE *into,
		 int64_t *copied, struct error *err)
{
	pcap_t *pcap = open_ethernet(path);
	pcap_dumper_t *dumper = NULL;
	struct pcap_pkthdr *info;
	const u_char *bytes;

	*copied = 0;
	while (pcap && pcap_next_ex(pcap, &info, &bytes) == 1) {
		if (wall_ns(info) < from_wall_ns || wall_ns(info) > until_wall_ns)
			continue;
		if (!dumper)
			dumper = pcap_dump_fopen(pcap, into);
		if (!dumper)
			break;
		pcap_dump((u_char *)dumper, info, bytes);
		*copied += 1;
	}
	if (dumper)
		pcap_dump_flush(dumper);
	bool failed = ferror(into) != 0; /* the dumper is `into`, which is the caller's to close */

	if (pcap)
		pcap_close(pcap);
	return failed ? error_errno(err, EXIT_MACHINE_LACKS, "the packets cannot be written") : 0;
}

uint32_t packets_address(const char *text)
{
	struct in_addr address;

	return text && inet_pton(AF_INET, text, &address) == 1 ? ntohl(address.s_addr) : 0;
}
