#include "conductor/crew.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/shared.h"
#include "base/text.h"
#include "history/capture.h"
#include "history/recorder.h"
#include "nemesis/nemesis.h"
#include "workloads/adapter_client.h"
#include "workloads/store.h"
#include "workloads/witness.h"
#include "workloads/worker/worker.h"

enum {
	STORE_PORT = 8080,
	CAPTURE_SNAP_BYTES = 160,
	CAPTURE_LIMIT_BYTES = 256 << 20,
	CAPTURE_BEFORE_S = 2,
	CAPTURE_AFTER_S = 8,
	RECORDER_BATCH_MS = 50,
	WITNESS_SETTLE_S = 3,
	RESOURCE_RESERVE_S = 600, /* to start, to heal, to audit */
};

struct crew {
	const struct plan *plan;
	struct hosts *hosts;
	struct cluster *cluster;
	struct switches *switches;
	uint16_t store_port;
	char store_address[64], store_url[96];
	struct lock_service service;
	struct worker_config *worker;
	struct client_card *card; /* in shared memory, one for each arm */
	struct store_config store;
	struct store_resource *resource;
	struct witness_config witness;
	struct witness_lane *witnessed;
	struct nemesis_config nemesis;
	struct nemesis_lane *aimed;
	struct recorder_config recorder;
	struct capture_config capture;
	struct ring *capture_ring;
	char capture_path[300];
};

/* Programs ------------------------------------------------------------------------------------ */

static int run_worker(void *config, int process)
{
	return worker_main(config, process);
}

static int run_store(void *config, int process)
{
	return store_main(config, process);
}

static int run_witness(void *config, int process)
{
	return witness_main(config, process);
}

static int run_nemesis(void *config, int process)
{
	return nemesis_main(config, process);
}

static int run_recorder(void *context, int process)
{
	const struct crew *crew = context;
	struct error err = {0};

	(void)process;
	lag_start(&crew->switches->lag);
	if (recorder_run(&crew->recorder, &err) == 0)
		return EXIT_AS_EXPECTED;
	log_line("recorder: %s", err.text);
	return err.code;
}

/* A run goes on without a capture: the reason becomes a note. */
static int run_capture(void *context, int process)
{
	struct crew *crew = context;
	struct error err = {0};
	struct capture_result *result = &crew->plan->stage->capture;
	struct event event = {.kind = EVENT_NOTE, .process = process};

	text_copy(event.note.topic, sizeof(event.note.topic), "capture");
	if (capture_run(&crew->capture, result, &err))
		snprintf(event.note.text, sizeof(event.note.text), "%s: %.120s",
			 result->kept ? "the packet capture ended early" : "no packet capture",
			 err.text);
	else
		snprintf(event.note.text, sizeof(event.note.text),
			 "%lld packets kept, %lld past the size limit, %lld missed by the kernel",
			 (long long)result->kept, (long long)result->dropped,
			 (long long)result->missed_by_kernel);
	event.at_ns = clock_now_ns();
	ring_push(crew->capture_ring, &event);
	return EXIT_AS_EXPECTED;
}

/* Configurations ------------------------------------------------------------------------------ */

static void configure_workers(struct crew *crew, struct area *area)
{
	const struct plan *plan = crew->plan;
	struct live *live = area_live(area);

	crew->worker = calloc((size_t)plan->workers, sizeof(*crew->worker));
	CHECK_MEMORY(crew->worker);
	CHECK(plan->workers <= LIVE_WORKERS);
	atomic_store(&live->workers, plan->workers);
	crew->service.etcd = *cluster_target(crew->cluster);
	crew->card = shared_new((size_t)plan->campaign->arms * sizeof(*crew->card));
	for (int i = 0; i < plan->workers; i++) {
		const struct plan_worker *planned = &plan->worker[i];
		const struct plan_lane *lane = &plan->lane[planned->lane];
		const struct arm *arm = &plan->campaign->arm[planned->arm];

		crew->worker[i] = (struct worker_config){
			.arm = arm,
			.lane = planned->lane,
			.lane_number = lane->number,
			.worker = planned->number,
			.host = planned->host,
			.lock = lane->lock,
			.resource = lane->name,
			.name = plan->host[planned->host].name,
			.client = arm_client_steps(arm),
			.card = &crew->card[planned->arm],
			.service = &crew->service,
			.first_endpoint = i % hosts_members(crew->hosts),
			.store_url = crew->store_url,
			.seed = plan->campaign->seed,
			.ring = area_ring(area, plan_ring_of(plan, planned->host)),
			.live = live,
			.view = &live->worker[i],
			.stop = &crew->switches->workers,
		};
		hosts_set_program(crew->hosts, planned->host,
				  (struct program){run_worker, &crew->worker[i]});
	}
}

static void configure_store(struct crew *crew, struct area *area)
{
	const struct plan *plan = crew->plan;

	crew->resource = calloc((size_t)plan->lanes, sizeof(*crew->resource));
	CHECK_MEMORY(crew->resource);
	for (int i = 0; i < plan->lanes; i++) {
		const struct arm *arm = &plan->campaign->arm[plan->lane[i].arm];

		crew->resource[i].lane = i;
		crew->resource[i].guard = arm->guard;
		crew->resource[i].honesty = arm->store;
		CHECK(text_copy(crew->resource[i].name, sizeof(crew->resource[i].name),
				plan->lane[i].name));
	}
	crew->store = (struct store_config){
		.address = crew->store_address,
		.port = crew->store_port,
		.resource = crew->resource,
		.resources = plan->lanes,
		.ring = area_ring(area, plan_ring_of(plan, plan->store)),
		.live = area_live(area),
		.stop = &crew->switches->store,
		.pulse = &crew->switches->pulse[PULSE_STORE],
	};
	hosts_set_program(crew->hosts, plan->store, (struct program){run_store, &crew->store});
}

/* Longer than the run in any case: a leader may refill it, and nobody ends it before. */
static int resource_ttl_s(const struct campaign *campaign)
{
	return (campaign->duration_ms + campaign->settle_ms) / 1000 + RESOURCE_RESERVE_S;
}

static void configure_witness(struct crew *crew, struct area *area)
{
	const struct plan *plan = crew->plan;

	crew->witnessed = calloc((size_t)plan->lanes, sizeof(*crew->witnessed));
	CHECK_MEMORY(crew->witnessed);
	for (int i = 0; i < plan->lanes; i++) {
		crew->witnessed[i].lane = i;
		crew->witnessed[i].in_service =
			guard_kinds[plan->campaign->arm[plan->lane[i].arm].guard].in_service;
		CHECK(text_copy(crew->witnessed[i].lock, sizeof(crew->witnessed[i].lock),
				plan->lane[i].lock));
	}
	crew->witness = (struct witness_config){
		.service = *cluster_target(crew->cluster),
		.prefix = plan->prefix,
		.lane = crew->witnessed,
		.lanes = plan->lanes,
		.ring = area_ring(area, plan_ring_of(plan, plan->witness)),
		.live = area_live(area),
		.resource_ttl_s = resource_ttl_s(plan->campaign),
		.ready = &crew->switches->witness_ready,
		.stop = &crew->switches->witness,
		.pulse = &crew->switches->pulse[PULSE_WITNESS],
		.settle_ns = WITNESS_SETTLE_S * NS_PER_S,
	};
	hosts_set_program(crew->hosts, plan->witness,
			  (struct program){run_witness, &crew->witness});
}

static void configure_nemesis(struct crew *crew, struct area *area)
{
	const struct plan *plan = crew->plan;

	crew->aimed = calloc((size_t)plan->lanes, sizeof(*crew->aimed));
	CHECK_MEMORY(crew->aimed);
	for (int i = 0; i < plan->lanes; i++)
		crew->aimed[i] = (struct nemesis_lane){
			.lock = plan->lane[i].lock,
			.arm = plan->lane[i].arm,
			.number = plan->lane[i].number,
			.lane = i,
			.ttl_ns = plan->campaign->arm[plan->lane[i].arm].ttl_s * NS_PER_S,
		};
	crew->nemesis = (struct nemesis_config){
		.prefix = plan->prefix,
		.block = plan->campaign->block,
		.blocks = plan->campaign->blocks,
		.schedule = &plan->schedule,
		.lane = crew->aimed,
		.lanes = plan->lanes,
		.hosts = crew->hosts,
		.cluster = crew->cluster,
		.ring = area_ring(area, plan_ring_of(plan, plan->nemesis)),
		.live = area_live(area),
		.stop = &crew->switches->nemesis,
		.pulse = &crew->switches->pulse[PULSE_NEMESIS],
	};
	hosts_set_program(crew->hosts, plan->nemesis,
			  (struct program){run_nemesis, &crew->nemesis});
}

static void configure_recording(struct crew *crew, struct area *area)
{
	const struct plan *plan = crew->plan;

	crew->recorder = (struct recorder_config){
		.area = area,
		.path = plan->history,
		.start_ns = plan->start_ns,
		.batch_ms = RECORDER_BATCH_MS,
		.stop = &crew->switches->recorder,
		.pulse = &crew->switches->pulse[PULSE_RECORDER],
	};
	snprintf(crew->capture_path, sizeof(crew->capture_path), "%s/" CAPTURE_NAME, plan->run_dir);
	crew->capture = (struct capture_config){
		.interface = "hub",
		.path = crew->capture_path,
		.snap_bytes = CAPTURE_SNAP_BYTES,
		.limit_bytes = CAPTURE_LIMIT_BYTES,
		.live = area_live(area),
		.before_ns = CAPTURE_BEFORE_S * NS_PER_S,
		.after_ns = CAPTURE_AFTER_S * NS_PER_S,
		.stop = &crew->switches->capture,
	};
	crew->capture_ring = area_ring(area, plan_ring_of(plan, plan->capture));
	hosts_set_program(crew->hosts, plan->recorder, (struct program){run_recorder, crew});
	hosts_set_program(crew->hosts, plan->capture, (struct program){run_capture, crew});
}

/* In an existing cluster's network the usual port may be taken: let the kernel name a free one. */
static uint16_t choose_port(const struct hosts *hosts)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	if (hosts_abilities(hosts) & CAN_CUT) /* a host of its own */
		return STORE_PORT;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
	      getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	close(fd);
	return ntohs(address.sin_port);
}

struct crew *crew_open(const struct plan *plan, struct hosts *hosts, struct cluster *cluster,
		       struct area *area)
{
	struct crew *crew = calloc(1, sizeof(*crew));

	CHECK_MEMORY(crew);
	crew->plan = plan;
	crew->hosts = hosts;
	crew->cluster = cluster;
	crew->switches = shared_new(sizeof(*crew->switches));
	crew->store_port = choose_port(hosts);
	CHECK(text_copy(crew->store_address, sizeof(crew->store_address),
			hosts_address(hosts, plan->store)));
	snprintf(crew->store_url, sizeof(crew->store_url), "http://%s:%u", crew->store_address,
		 crew->store_port);
	configure_workers(crew, area);
	configure_store(crew, area);
	configure_witness(crew, area);
	configure_nemesis(crew, area);
	configure_recording(crew, area);
	return crew;
}

void crew_close(struct crew *crew)
{
	munmap(crew->switches, sizeof(*crew->switches));
	munmap(crew->card, (size_t)crew->plan->campaign->arms * sizeof(*crew->card));
	free(crew->worker);
	free(crew->resource);
	free(crew->witnessed);
	free(crew->aimed);
	free(crew);
}

struct switches *crew_switches(struct crew *crew)
{
	return crew->switches;
}

const char *crew_client(const struct crew *crew, int arm)
{
	return client_card_text(&crew->card[arm]);
}

const struct lag *crew_lag(const struct crew *crew)
{
	return &crew->switches->lag;
}

const char *crew_store_address(const struct crew *crew)
{
	return crew->store_address;
}

uint16_t crew_store_port(const struct crew *crew)
{
	return crew->store_port;
}

void crew_set_load(struct crew *crew, int64_t began_ns, int64_t ends_ns)
{
	crew->nemesis.load_began_ns = began_ns;
	crew->nemesis.load_ends_ns = ends_ns;
}
