/*
 * Theory of operation. Each line of the table is tried for real: the outer ones in this process,
 * the inner ones in a sandbox of their own, which takes with it whatever they made. The inner
 * process writes its findings into memory that both share. A cause is told once: what could not
 * be tried for want of a sandbox has no remedy of its own.
 */
#include "sandbox/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/text.h"
#include "sandbox/disk_inside.h"
#include "sandbox/filter.h"
#include "sandbox/network.h"
#include "sandbox/remedy.h"
#include "sandbox/sandbox.h"
#include "sandbox/shape.h"

enum { TIMEOUT_S = 10, SPACE_MB = 1024, FOUND_SIZE = sizeof(((struct ability *)0)->found) };

/* Fills `found` when it succeeds, and the error when it does not. */
typedef int attempt(char *found, size_t size, struct error *err);

static int64_t soon_ns(void)
{
	return clock_now_ns() + TIMEOUT_S * NS_PER_S;
}

/* Programs ------------------------------------------------------------------------------------ */

/* The first line of what `name flag` prints. */
static int try_program(const char *name, const char *flag, char *found, struct error *err)
{
	_cleanup_free_ char *output = NULL, *word = strdup(flag);
	char path[PATH_MAX];
	char *const argv[] = {path, word, NULL};

	CHECK_MEMORY(word);
	if (process_find_program(name, path, sizeof(path)))
		return error_set(err, EXIT_MACHINE_LACKS, "not found");
	if (process_run(argv, NULL, &output, soon_ns(), err))
		return -1;
	output[strcspn(output, "\n")] = '\0';
	snprintf(found, FOUND_SIZE, "%.70s (%.80s)", output, path);
	return 0;
}

static int try_space(char *found, size_t size, struct error *err)
{
	struct statvfs space;

	if (statvfs(".", &space))
		return error_errno(err, EXIT_MACHINE_LACKS, "this directory");
	unsigned long long free_mb =
		(unsigned long long)space.f_bavail * space.f_frsize / (1024 * 1024);

	if (free_mb < SPACE_MB)
		return error_set(err, EXIT_MACHINE_LACKS, "%llu MB free here, a run needs %d",
				 free_mb, SPACE_MB);
	snprintf(found, size, "%llu MB free in this directory", free_mb);
	return 0;
}

/* Namespaces ---------------------------------------------------------------------------------- */

static int try_network(char *found, size_t size, struct error *err)
{
	struct host hosts[] = {{.role = HOST_WORKER}, {.role = HOST_WORKER}};
	int count = sizeof(hosts) / sizeof(*hosts);
	int64_t began_ns = clock_now_ns();
	struct network network;

	network_assign(hosts, count);
	if (network_open(&network, hosts, count, err))
		return -1;
	snprintf(found, size, "%d hosts in %.1f ms", count,
		 (double)(clock_now_ns() - began_ns) / NS_PER_MS);
	network_close(&network);
	return 0;
}

static int try_filter(char *found, size_t size, struct error *err)
{
	cJSON *objects;
	const cJSON *object;
	int rules = 0;

	if (filter_load("table bridge doctor { set links { type ifname . ifname; size 16; "
			"flags dynamic; counter; }\n"
			"chain forward { type filter hook forward priority 0; policy accept;\n"
			"ether type ip update @links { iifname . oifname } drop\n}\n}\n",
			err) ||
	    filter_list("list chain bridge doctor forward", &objects, err))
		return -1;
	cJSON_ArrayForEach (object, objects)
		rules += cJSON_HasObjectItem(object, "rule");
	cJSON_Delete(objects);
	if (rules != 1)
		return error_set(err, EXIT_MACHINE_LACKS, "1 rule was loaded, %d read back", rules);
	snprintf(found, size, "a rule was loaded and read back");
	return 0;
}

static int try_capture(char *found, size_t size, struct error *err)
{
	struct sockaddr_ll on = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex("lo")};
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (struct sockaddr *)&on, sizeof(on)))
		return error_errno(err, EXIT_MACHINE_LACKS, "packet socket");
	snprintf(found, size, "a packet socket in the sandbox");
	return 0;
}

/* The table ----------------------------------------------------------------------------------- */

struct examination {
	const char *name;
	bool inside, needed;
	attempt *try;        /* NULL: a program, or the sandbox itself */
	const char *program; /* "": the etcd that was asked for */
	const char *flag;    /* with which it says its version */
	const char *remedy;
};

static const struct examination table[] = {
	{"etcd", false, true, NULL, "", "--version",
	 "Debian, Ubuntu: apt install etcd-server (before 2023: etcd); Fedora: dnf install etcd; "
	 "Arch: AUR etcd; or name the binary with --etcd"},
	{"ip (iproute2)", false, true, NULL, "ip", "-V",
	 "Debian, Ubuntu, Arch: install iproute2; Fedora: iproute"},
	{"disk space", false, true, try_space, NULL, NULL,
	 "free some space, or run in another directory"},
	{"user namespaces", false, true, NULL, NULL, NULL, NULL},
	{"bridge and veth", true, true, try_network, NULL, NULL,
	 "modules bridge and veth: sudo modprobe -a bridge veth (Arch after an update: reboot)"},
	{"nftables, bridge family", true, true, try_filter, NULL, NULL,
	 "modules: sudo modprobe nf_tables (kernel options NF_TABLES, NF_TABLES_BRIDGE)"},
	{"packet capture", true, true, try_capture, NULL, NULL, "kernel option PACKET"},
	{"gnuplot", false, false, NULL, "gnuplot", "--version",
	 "for plots in reports. Debian, Ubuntu: apt install gnuplot-nox; Fedora, Arch: gnuplot"},
	{"packet treatment", true, false, shape_examine, NULL, NULL,
	 "for slow and lossy links and late packets: sudo modprobe -a nfnetlink_queue nft_queue; "
	 "without holds also sudo modprobe sch_netem (Fedora: kernel-modules-extra)"},
	{"seccomp notification", true, false, disk_try_notification, NULL, NULL,
	 "for disk faults: Linux 5.9 or later (kernel option SECCOMP_FILTER); in a container, "
	 "--security-opt seccomp=unconfined"},
	{"tmpfs in the sandbox", true, false, disk_try_space, NULL, NULL,
	 "for disk faults: kernel option TMPFS"},
	{"time namespaces", true, false, disk_try_clock, NULL, NULL,
	 "for clock faults: Linux 5.6 or later (kernel option TIME_NS), and "
	 "sudo sysctl user.max_time_namespaces=1000"},
};

enum { EXAMINATIONS = sizeof(table) / sizeof(*table) };
_Static_assert((int)EXAMINATIONS <= (int)ABILITIES_MAX, "a line for each");

static void judge(int line, struct ability *abilities, const struct error *err)
{
	struct ability *ability = &abilities[line];

	ability->name = table[line].name;
	ability->needed = table[line].needed;
	ability->state = err->code == EXIT_AS_EXPECTED ? ABILITY_YES : ABILITY_NO;
	if (ability->state == ABILITY_YES)
		return;
	text_copy(ability->found, sizeof(ability->found), err->text);
	if (table[line].remedy)
		text_copy(ability->remedy, sizeof(ability->remedy), table[line].remedy);
}

static void examine(bool inside, const char *etcd, const struct error *no_etcd,
		    struct ability *abilities)
{
	for (int i = 0; i < EXAMINATIONS; i++) {
		const struct examination *one = &table[i];
		struct error err = {0};

		if (one->inside != inside || (!one->try && !one->program))
			continue;
		if (one->try)
			one->try(abilities[i].found, FOUND_SIZE, &err);
		else if (*one->program || etcd)
			try_program(*one->program ? one->program : etcd, one->flag,
				    abilities[i].found, &err);
		else
			err = *no_etcd;
		judge(i, abilities, &err);
	}
}

static int examine_inside(void *abilities)
{
	examine(true, NULL, NULL, abilities);
	return 0;
}

/* The lines that the sandbox did not come to. */
static void leave_untried(struct ability *abilities, const char *why)
{
	for (int i = 0; i < EXAMINATIONS; i++) {
		if (abilities[i].name)
			continue;
		abilities[i].name = table[i].name;
		abilities[i].needed = table[i].needed;
		abilities[i].state = ABILITY_UNTRIED;
		text_copy(abilities[i].found, sizeof(abilities[i].found), why);
	}
}

/* The sandbox's own line, and with it those of what is tried inside. */
static void examine_in_sandbox(int line, struct ability *abilities)
{
	struct sandbox_config config = {
		.network = true, .main = examine_inside, .context = abilities};
	struct ability *ability = &abilities[line];
	struct error err = {0};
	enum refusal refused;
	pid_t conductor;
	int status = 0;

	if (sandbox_try(&config, &conductor, &refused, &err)) {
		judge(line, abilities, &err);
		remedy_find(refused, ability->remedy);
		leave_untried(abilities, "not tried: there is no sandbox");
		return;
	}
	sandbox_wait(conductor, &status);
	if (status)
		error_set(&err, EXIT_OUR_FAULT, "the sandbox ended with wait status %#x",
			  (unsigned)status);
	snprintf(ability->found, FOUND_SIZE, "user, mount, network and PID namespaces as uid %u",
		 geteuid());
	judge(line, abilities, &err);
	leave_untried(abilities, "not tried: the sandbox had ended");
}

int doctor_examine(const char *etcd, const struct error *no_etcd, struct ability *abilities)
{
	size_t size = EXAMINATIONS * sizeof(*abilities);
	struct ability *shared = shared_new(size);
	examine(false, etcd, no_etcd, shared);
	for (int i = 0; i < EXAMINATIONS; i++)
		if (!table[i].try && !table[i].program)
			examine_in_sandbox(i, shared);
	memcpy(abilities, shared, size);
	munmap(shared, size);
	return EXAMINATIONS;
}
