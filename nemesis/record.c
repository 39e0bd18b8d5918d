/* What the nemesis says: events into its ring, and the live view's counts of faults. A full ring is
 * counted by the ring itself and breaks the run. */
#include "nemesis/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

static void push(struct nemesis *nemesis, struct event *event)
{
	CHECK(event->at_ns > 0); /* stamped */
	event->process = nemesis->process;
	ring_push(nemesis->config->ring, event);
}

static void record_fault(struct nemesis *nemesis, const struct fault *fault, enum event_kind kind,
			 int64_t at_ns)
{
	struct event event = {.kind = kind, .at_ns = at_ns};

	event.fault = (struct fault_event){
		.id = fault->id,
		.scheduled = fault->entry->id,
		.arm = fault->lane ? fault->lane->arm : -1,
		.lane = fault->lane ? fault->lane->lane : -1,
		.process = fault->process,
		.host = fault->host,
		.attempt = fault->attempt,
		.bitten = fault->bitten,
		.effect = (uint8_t)fault_traits(fault->block->kind)->effect,
		.planned_ns = fault->planned_ns,
		.aimed_ns = fault->aimed_ns,
		.length_ns = fault->length_ns,
	};
	text_copy(event.fault.kind, sizeof(event.fault.kind), fault_kind_names[fault->block->kind]);
	text_copy(event.fault.target, sizeof(event.fault.target),
		  fault->block->target == TARGET_HOST ? fault->block->host
						      : fault_target_names[fault->block->target]);
	text_copy(event.fault.detail, sizeof(event.fault.detail), fault->detail);
	push(nemesis, &event);
}

int fault_next_id(const struct nemesis *nemesis)
{
	return nemesis->injected + 1;
}

void fault_begun(struct nemesis *nemesis, struct fault *fault)
{
	CHECK(fault->stage == STAGE_AIMING && !fault->id); /* once */
	fault->began_ns = clock_now_ns();
	fault->heals_ns = fault->began_ns + fault->length_ns;
	fault->id = fault_next_id(nemesis);
	fault->stage = STAGE_INJECTED;
	nemesis->injected = fault->id;
	atomic_fetch_add(&nemesis->config->live->faults_active, 1);
	record_fault(nemesis, fault, EVENT_FAULT_BEGIN, fault->began_ns);
}

void fault_ended(struct nemesis *nemesis, struct fault *fault)
{
	struct live *live = nemesis->config->live;

	CHECK(fault->stage == STAGE_INJECTED && fault->ended_ns >= fault->began_ns);
	fault->stage = STAGE_OVER;
	atomic_fetch_sub(&live->faults_active, 1);
	atomic_fetch_add(&live->faults_bitten, fault->bitten);
	atomic_fetch_add(&live->faults_ended, 1);
	record_fault(nemesis, fault, EVENT_FAULT_END, fault->ended_ns);
}

static void push_proof(struct nemesis *nemesis, struct proof_event proof, const char *what,
		       const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void push_proof(struct nemesis *nemesis, struct proof_event proof, const char *what,
		       const char *format, va_list arguments)
{
	CHECK(proof.fault > 0); /* of one that has begun */
	struct event event = {.kind = EVENT_PROOF, .at_ns = clock_now_ns(), .proof = proof};

	text_copy(event.proof.what, sizeof(event.proof.what), what);
	vsnprintf(event.proof.detail, sizeof(event.proof.detail), format, arguments);
	push(nemesis, &event);
}

void record_proof(struct nemesis *nemesis, const struct fault *fault, bool holds, int64_t count,
		  const char *what, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	push_proof(nemesis, (struct proof_event){fault->id, holds, count, "", ""}, what, format,
		   arguments);
	va_end(arguments);
}

void record_bite(struct nemesis *nemesis, struct fault *fault, bool bitten, int64_t count,
		 const char *format, ...)
{
	va_list arguments;

	CHECK(fault->stage == STAGE_INJECTED); /* what has ended is recorded as it was then */
	fault->bitten = bitten;
	va_start(arguments, format);
	push_proof(nemesis, (struct proof_event){fault->id, bitten, count, "", ""},
		   fault_traits(fault->block->kind)->proof, format, arguments);
	va_end(arguments);
}

void record_note(struct nemesis *nemesis, enum note_weight weight, const char *format, ...)
{
	struct event event = {.kind = EVENT_NOTE, .at_ns = clock_now_ns()};
	va_list arguments;

	event.note = (struct note_event){.breaks = (uint8_t)weight, .topic = "nemesis"};
	va_start(arguments, format);
	vsnprintf(event.note.text, sizeof(event.note.text), format, arguments);
	va_end(arguments);
	push(nemesis, &event);
}

int64_t record_dropped(struct nemesis *nemesis, const struct fault *fault, int cut)
{
	_cleanup_free_ struct link_count *links = calloc(CUT_LINKS_MAX, sizeof(*links));
	struct error err = {0};
	int64_t packets = 0;
	int count;

	CHECK_MEMORY(links);
	if (hosts_cut_links(nemesis->config->hosts, cut, links, CUT_LINKS_MAX, &count, &err)) {
		record_note(nemesis, NOTE_BREAKS, "fault %d: count dropped packets: %s", fault->id,
			    err.text);
		return 0;
	}
	CHECK(count <= CUT_LINKS_MAX);
	for (int i = 0; i < count; i++) {
		CHECK(links[i].dropped >= 0);
		struct event event = {.kind = EVENT_DROPPED, .at_ns = clock_now_ns()};

		event.dropped = (struct dropped_event){.fault = fault->id,
						       .from = links[i].from,
						       .to = links[i].to,
						       .packets = links[i].dropped};
		push(nemesis, &event);
		packets += links[i].dropped;
	}
	return packets;
}
