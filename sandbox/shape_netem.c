/*
 * Theory of operation. Packets to a host leave the hub by its port. A treated port gets an htb with
 * one class for each sender, and that class a netem; the rules of shape_rules.c set each packet's
 * class (its priority is the class's id, which htb takes as it is). The parameters of a pair are
 * the sum of all treatments in force for it: delays and jitters add up, chances combine, the
 * slowest rate counts. A change replaces the parameters, and what is queued keeps its instant.
 *
 * Limits. A pair whose last treatment went keeps a netem that does nothing: to remove it would lose
 * what it holds. netem's reorder needs a delay (1 ms is put in when there is none), lets the chosen
 * ones go at once instead of later, and its jitter changes the order, too. It counts drops only.
 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"
#include "sandbox/shape_inside.h"

enum { TC_TIMEOUT_S = 10 };

struct netem { /* of a pair */
	int64_t delay_ns, jitter_ns;
	double loss, duplicate, reorder; /* chances, 0 .. 1 */
	int rate_kbit;
};

static double either(double chance, double percent)
{
	return 1 - (1 - chance) * (1 - percent / 100);
}

static struct netem sum_of(const struct shapes *shapes, int from, int to)
{
	struct netem sum = {0};

	for (int i = 0; i < SHAPES_MAX; i++) {
		const struct shape_slot *slot = &shapes->slot[i];
		const struct shape *shape = &slot->shape;

		if (!shape_is_in_force(slot) || !shape_takes(slot, from, to))
			continue;
		sum.delay_ns += shape->delay_ns;
		sum.jitter_ns += shape->jitter_ns;
		sum.loss = either(sum.loss, shape->loss_percent);
		sum.duplicate = either(sum.duplicate, shape->duplicate_percent);
		sum.reorder = either(sum.reorder, shape->reorder_percent);
		if (shape->rate_kbit && (!sum.rate_kbit || shape->rate_kbit < sum.rate_kbit))
			sum.rate_kbit = shape->rate_kbit;
	}
	if (sum.reorder > 0 && sum.delay_ns == 0)
		sum.delay_ns = NS_PER_MS;
	return sum;
}

/* Handles are hexadecimal; the netem's is a number of its own on the port. */
static void print_pair(FILE *out, const struct shapes *shapes, int from, int to)
{
	struct netem sum = sum_of(shapes, from, to);
	unsigned class = (unsigned)from + 1;

	fprintf(out,
		"class replace dev p%d parent 1: classid 1:%x htb rate 10gbit burst 64kb quantum "
		"60000\n",
		to, class);
	fprintf(out, "qdisc replace dev p%d parent 1:%x handle %x: netem limit 16384", to, class,
		class + 1);
	if (sum.delay_ns)
		fprintf(out, " delay %.3fus", (double)sum.delay_ns / NS_PER_US);
	if (sum.jitter_ns)
		fprintf(out, " %.3fus", (double)sum.jitter_ns / NS_PER_US);
	if (sum.loss > 0)
		fprintf(out, " loss %.6g%%", sum.loss * 100);
	if (sum.duplicate > 0)
		fprintf(out, " duplicate %.6g%%", sum.duplicate * 100);
	if (sum.reorder > 0)
		fprintf(out, " reorder %.6g%%", sum.reorder * 100);
	if (sum.rate_kbit)
		fprintf(out, " rate %dkbit", sum.rate_kbit);
	fprintf(out, "\n");
}

void netem_print(FILE *out, const struct shapes *shapes, int hosts, const struct shape_slot *slot)
{
	for (int to = 0; to < hosts; to++) {
		bool has_classes = shapes->port_has_classes[to];

		for (int from = 0; from < hosts; from++) {
			if (!shape_takes(slot, from, to))
				continue;
			if (!has_classes)
				fprintf(out, "qdisc add dev p%d root handle 1: htb\n", to);
			has_classes = true;
			print_pair(out, shapes, from, to);
		}
	}
}

static int run_tc(char *const argv[], const char *input, char **output, struct error *err)
{
	if (process_run(argv, input, output, clock_now_ns() + TC_TIMEOUT_S * NS_PER_S, err)) {
		err->code = EXIT_MACHINE_LACKS;
		return -1;
	}
	return 0;
}

static int find_tc(char *path, struct error *err)
{
	if (process_find_program("tc", path, PATH_MAX))
		return error_set(err, EXIT_MACHINE_LACKS, "no program `tc`");
	return 0;
}

int netem_apply(struct shapes *shapes, int hosts, const struct shape_slot *slot, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	char path[PATH_MAX], batch[] = "-batch", standard_input[] = "-";
	char *const argv[] = {path, batch, standard_input, NULL};
	FILE *out = text_begin(&text, &size);

	netem_print(out, shapes, hosts, slot);
	text_end(out, &text);
	if (find_tc(path, err) || run_tc(argv, text, NULL, err))
		return error_wrap(err, "netem");
	for (int to = 0; to < hosts; to++)
		for (int from = 0; from < hosts && !shapes->port_has_classes[to]; from++)
			shapes->port_has_classes[to] = shape_takes(slot, from, to);
	return 0;
}

int netem_try(struct error *err)
{
	static const char text[] =
		"qdisc add dev lo root handle 1: htb\n"
		"class add dev lo parent 1: classid 1:1 htb rate 10gbit burst 64kb\n"
		"qdisc add dev lo parent 1:1 handle 2: netem delay 1ms\n"
		"qdisc del dev lo root\n";
	char path[PATH_MAX], batch[] = "-batch", standard_input[] = "-";
	char *const argv[] = {path, batch, standard_input, NULL};
	char words[][8] = {"qdisc", "del", "dev", "lo", "root"};
	char *const undo[] = {path, words[0], words[1], words[2], words[3], words[4], NULL};
	struct error ignored = {0};

	if (find_tc(path, err))
		return -1;
	if (run_tc(argv, text, NULL, err) == 0)
		return 0;
	process_run(undo, NULL, NULL, clock_now_ns() + TC_TIMEOUT_S * NS_PER_S, &ignored);
	return -1;
}

int netem_check(const struct shape *shape, struct error *err)
{
	if (shape->hold)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "netem cannot hold packets, and there is no packet queue here. "
				 "Remedy: sudo modprobe -a nfnetlink_queue nft_queue");
	return 0;
}

/* Counts -------------------------------------------------------------------------------------- */

int netem_parse_dropped(const char *json, int from, int64_t *packets, struct error *err)
{
	cJSON *answer = cJSON_Parse(json);
	const cJSON *qdisc;
	char handle[16];
	bool is_found = false;

	snprintf(handle, sizeof(handle), "%x:", (unsigned)from + 2);
	cJSON_ArrayForEach (qdisc, answer) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(qdisc, "handle"));
		const cJSON *drops = cJSON_GetObjectItem(qdisc, "drops");

		if (!name || strcmp(name, handle) != 0 || !cJSON_IsNumber(drops))
			continue;
		*packets = (int64_t)drops->valuedouble;
		is_found = true;
	}
	cJSON_Delete(answer);
	return is_found ? 0
			: error_set(err, EXIT_OUR_FAULT, "tc: no drops of queue %s in its answer",
				    handle);
}

static int count_port(char *path, const struct shape_slot *slot, int hosts, int to,
		      int64_t *packets, struct error *err)
{
	_cleanup_free_ char *json = NULL;
	char words[][8] = {"-s", "-j", "qdisc", "show", "dev"}, port[16];
	char *const argv[] = {path, words[0], words[1], words[2], words[3], words[4], port, NULL};

	snprintf(port, sizeof(port), "p%d", to);
	if (run_tc(argv, NULL, &json, err))
		return -1;
	for (int from = 0; from < hosts; from++) {
		int64_t dropped;

		if (!shape_takes(slot, from, to))
			continue;
		if (netem_parse_dropped(json, from, &dropped, err))
			return -1;
		*packets += dropped;
	}
	return 0;
}

int netem_count_dropped(const struct shapes *shapes, int hosts, const struct shape_slot *slot,
			int64_t *packets, struct error *err)
{
	char path[PATH_MAX];

	*packets = 0;
	if (find_tc(path, err))
		return -1;
	for (int to = 0; to < hosts; to++)
		if (shapes->port_has_classes[to] && count_port(path, slot, hosts, to, packets, err))
			return -1;
	return 0;
}
