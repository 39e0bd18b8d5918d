#include "reports/story_wire.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "checker/holds/leaders.h"
#include "history/http_line.h"

/* The stamp of an operation is taken before its request is sent. Wall and monotonic clock are
 * compared once, at the run's start, and may have moved that much against one another. */
static const int64_t slack_ns = NS_PER_MS;
/* So long a packet may be on its way, or sent again, after the request was given up. */
static const int64_t longest_way_ns = 5 * NS_PER_S;

uint32_t wire_address_of_process(const struct history *history, int process)
{
	int host = -1;

	for (int i = 0; i < history->processes; i++)
		if (history->process[i].id == process)
			host = history->process[i].host;
	for (int i = 0; i < history->hosts; i++)
		if (history->host[i].id == host)
			return packets_address(history->host[i].address);
	return 0;
}

/* The member that was asked; without one, of a read or a write, the store. */
static uint32_t address_asked(const struct history *history, const struct op_row *op)
{
	const char *member = member_name(history, op->endpoint);

	for (int i = 0; i < history->hosts; i++) {
		const struct host_row *host = &history->host[i];

		if (*member ? strcmp(host->name, member) == 0
			    : (op->f == F_READ || op->f == F_WRITE) &&
				      strcmp(host->role, "store") == 0)
			return packets_address(host->address);
	}
	return 0;
}

static void wait_for(struct wire *wire, struct story_message *message)
{
	const struct history *history = wire->story->history;
	const struct op_row *op = &message->op;
	int64_t start_ns = wire->zero_wall_ns - wire->story->zero_ns;
	struct exchange exchange = {
		.message = message,
		.from = wire_address_of_process(history, wire->story->hold[message->hold].process),
		.to = address_asked(history, op),
		.from_ns = start_ns + op->invoked_ns - slack_ns,
		.until_ns = op->returned_ns == NEVER_NS ? INT64_MAX
							: start_ns + op->returned_ns + slack_ns,
	};
	int64_t last_ns = op->returned_ns == NEVER_NS ? op->invoked_ns : op->returned_ns;

	CHECK(message->hold < wire->story->holds);
	if (!exchange.from || !exchange.to || exchange.from == exchange.to)
		return;
	if (wire->exchanges == 0 || exchange.from_ns < wire->from_ns)
		wire->from_ns = exchange.from_ns;
	if (wire->exchanges == 0 || start_ns + last_ns + longest_way_ns > wire->until_ns)
		wire->until_ns = start_ns + last_ns + longest_way_ns;
	CHECK(wire->exchanges < STORY_MESSAGES && wire->from_ns <= wire->until_ns);
	wire->exchange[wire->exchanges++] = exchange;
}

bool wire_begin(struct wire *wire, struct story *story, int64_t start_wall_ns)
{
	CHECK(start_wall_ns > 0 && start_wall_ns <= INT64_MAX / 2);
	*wire = (struct wire){.story = story, .zero_wall_ns = start_wall_ns + story->zero_ns};
	for (int i = 0; i < story->messages; i++) {
		const struct op_row *op = &story->message[i].op;

		/* what a forged file says of other times has no packets */
		if (op->invoked_ns >= 0 && op->invoked_ns < INT64_MAX / 4 &&
		    (op->returned_ns == NEVER_NS || op->returned_ns < INT64_MAX / 4))
			wait_for(wire, &story->message[i]);
	}
	return wire->exchanges > 0;
}

/* Numbers of TCP go round. */
static bool reaches(uint32_t number, uint32_t end)
{
	return (int32_t)(number - end) >= 0;
}

static void note(struct story_packet *seen, double at_s)
{
	if (seen->times++ == 0)
		seen->at_s = at_s;
	else if (seen->times == 2)
		seen->again_s = at_s;
	seen->last_s = at_s;
}

/* Another request's packet, seen before or sent again. */
static bool is_taken(const struct wire *wire, const struct captured_packet *packet)
{
	for (int i = 0; i < wire->exchanges; i++) {
		const struct exchange *exchange = &wire->exchange[i];

		if (exchange->message->asked.times && exchange->from == packet->source &&
		    exchange->port == packet->source_port && exchange->seq == packet->seq)
			return true;
	}
	return false;
}

/* What the request line must hold, as etcd/ and workloads/worker/ ask; whatever else a recipe sends
 * to get or give back its lock is not about leases. */
static bool fits(const struct op_row *op, const char *path)
{
	switch (op->f) {
	case F_LEASE_GRANT:
		return strstr(path, "/lease/grant") != NULL;
	case F_KEEPALIVE:
		return strstr(path, "/lease/keepalive") != NULL;
	case F_LEASE_REVOKE:
		return strstr(path, "/lease/revoke") != NULL;
	case F_ACQUIRE:
		return !strstr(path, "/lease/") && !strstr(path, "/unlock");
	case F_TOKEN:
		return strstr(path, "/kv/") && !strstr(path, "/lease/");
	case F_RELEASE:
		return !strstr(path, "/lease/") && !strstr(path, "/lock/lock");
	case F_READ:
	case F_WRITE:
		return op->endpoint >= 0 || strcmp(path + 1, function_name(op->f)) == 0;
	case F_LOOK:
		return strstr(path, "/kv/range") || strstr(path, "/lease/timetolive");
	case F_LOSE:
		break;
	}
	return false;
}

/* "/v3beta/lock/lock": what stands before is the same for all. */
static const char *last_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	CHECK(slash); /* http_line_read takes no other */
	while (slash > path && *--slash != '/')
		;
	return *slash == '/' ? slash + 1 : slash;
}

static void find_request(struct wire *wire, struct exchange *exchange,
			 const struct captured_packet *packet, double at_s)
{
	struct http_line line;

	if (packet->wall_ns < exchange->from_ns || packet->wall_ns > exchange->until_ns ||
	    !http_line_read(packet->bytes, packet->kept, &line) || line.status ||
	    !fits(&exchange->message->op, line.path) || is_taken(wire, packet))
		return;
	exchange->open = true;
	exchange->port = packet->source_port;
	exchange->to_port = packet->target_port;
	exchange->seq = packet->seq;
	exchange->end = packet->seq + packet->carried;
	text_copy(exchange->message->path, sizeof(exchange->message->path),
		  last_of_path(line.path));
	note(&exchange->message->asked, at_s);
}

static void see_asking(struct wire *wire, struct exchange *exchange,
		       const struct captured_packet *packet, double at_s)
{
	struct story_message *message = exchange->message;

	if (!message->asked.times) {
		if (packet->kept)
			find_request(wire, exchange, packet, at_s);
		return;
	}
	if (!exchange->open || packet->source_port != exchange->port ||
	    packet->target_port != exchange->to_port)
		return;
	if (packet->carried && packet->seq == exchange->seq)
		note(&message->asked, at_s);
	if (exchange->answer_seen && reaches(packet->ack, exchange->answer_end) &&
	    isnan(message->answered.arrived_s))
		message->answered.arrived_s = at_s;
	if (packet->carried && reaches(packet->seq, exchange->end))
		exchange->open = false; /* the next request */
}

static void see_answering(struct exchange *exchange, const struct captured_packet *packet,
			  double at_s)
{
	struct story_message *message = exchange->message;
	struct http_line line;

	if (!exchange->open || packet->source_port != exchange->to_port ||
	    packet->target_port != exchange->port || !reaches(packet->ack, exchange->end))
		return;
	if (isnan(message->asked.arrived_s))
		message->asked.arrived_s = at_s;
	if (exchange->answer_seen && packet->carried && packet->seq == exchange->answer_seq) {
		note(&message->answered, at_s);
	} else if (!exchange->answer_seen && packet->kept &&
		   http_line_read(packet->bytes, packet->kept, &line) && line.status >= 200) {
		exchange->answer_seen = true;
		exchange->answer_seq = packet->seq;
		exchange->answer_end = packet->seq + packet->carried;
		message->status = line.status;
		note(&message->answered, at_s);
	}
}

void wire_see(struct wire *wire, const struct captured_packet *packet)
{
	if (packet->wall_ns < wire->from_ns || packet->wall_ns > wire->until_ns)
		return;
	double at_s = (double)(packet->wall_ns - wire->zero_wall_ns) / (double)NS_PER_S;

	for (int i = 0; i < wire->exchanges; i++) {
		struct exchange *exchange = &wire->exchange[i];

		if (packet->source == exchange->from && packet->target == exchange->to)
			see_asking(wire, exchange, packet, at_s);
		else if (packet->source == exchange->to && packet->target == exchange->from)
			see_answering(exchange, packet, at_s);
	}
}
