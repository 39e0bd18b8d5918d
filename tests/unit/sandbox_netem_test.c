/* The commands of the engine netem, as text: a kernel may lack it. */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/process.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_shape_rig.h"

static struct shape from_0_to_2(int id)
{
	return (struct shape){.id = id, .froms = 1, .tos = 1, .from = {0}, .to = {2}};
}

static struct shapes *two_on_one_pair(void)
{
	struct shapes *shapes = calloc(1, sizeof(*shapes));
	struct shape_slot *slot = shapes->slot;

	shapes->door = DOOR_NETEM;
	slot[0].state = slot[1].state = SLOT_ACTIVE;
	slot[0].shape = from_0_to_2(5);
	slot[0].shape.delay_ns = 50 * NS_PER_MS;
	slot[0].shape.jitter_ns = 5 * NS_PER_MS;
	slot[0].shape.loss_percent = 50;
	slot[0].sides[0] = SIDE_FROM;
	slot[0].sides[2] = SIDE_TO;
	slot[1].shape = from_0_to_2(6);
	slot[1].shape.both = true;
	slot[1].shape.delay_ns = 10 * NS_PER_MS;
	slot[1].shape.loss_percent = 50;
	slot[1].shape.rate_kbit = 800;
	slot[1].sides[0] = SIDE_FROM;
	slot[1].sides[2] = SIDE_TO;
	return shapes;
}

static char *netem_text(const struct shapes *shapes, int hosts, const struct shape_slot *slot)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	netem_print(out, shapes, hosts, slot);
	fclose(out);
	return text;
}

START_TEST(netem_commands_say_what_was_asked)
{
	struct shapes *shapes = two_on_one_pair();
	char *text = netem_text(shapes, 3, &shapes->slot[1]);

	ck_assert_str_eq(
		text,
		"qdisc add dev p0 root handle 1: htb\n"
		"class replace dev p0 parent 1: classid 1:3 htb rate 10gbit burst 64kb quantum "
		"60000\n"
		"qdisc replace dev p0 parent 1:3 handle 4: netem limit 16384 delay 10000.000us "
		"loss 50% rate 800kbit\n"
		"qdisc add dev p2 root handle 1: htb\n"
		"class replace dev p2 parent 1: classid 1:1 htb rate 10gbit burst 64kb quantum "
		"60000\n"
		"qdisc replace dev p2 parent 1:1 handle 2: netem limit 16384 delay 60000.000us "
		"5000.000us loss 75% rate 800kbit\n");
	free(text);
	shapes->slot[0].state = SLOT_GONE;
	shapes->slot[1].state = SLOT_GONE;
	shapes->port_has_classes[2] = true;
	text = netem_text(shapes, 3, &shapes->slot[0]);
	ck_assert_str_eq(text, "class replace dev p2 parent 1: classid 1:1 htb rate 10gbit burst "
			       "64kb quantum 60000\n"
			       "qdisc replace dev p2 parent 1:1 handle 2: netem limit 16384\n");
	free(text);
	free(shapes);
}
END_TEST

START_TEST(rules_of_netem_set_the_class_of_each_sender)
{
	struct shapes *shapes = two_on_one_pair();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rules = shape_print_rules(out, shapes, 3, NULL);

	fclose(out);
	ck_assert_int_eq(rules, 6);
	ck_assert_ptr_nonnull(
		strstr(text, "iifname \"p0\" oifname { \"p2\" } meta priority set 1:1\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "iifname \"p2\" oifname { \"p0\" } meta priority set 1:3\n"));
	free(text);
	free(shapes);
}
END_TEST

START_TEST(netem_drops_are_read_by_handle)
{
	static const char answer[] =
		"[{\"kind\":\"htb\",\"handle\":\"1:\",\"root\":true,\"drops\":9},"
		"{\"kind\":\"netem\",\"handle\":\"b:\",\"parent\":\"1:a\",\"drops\":4}]";
	struct error none = {0};
	int64_t packets = -1;

	ck_ok(netem_parse_dropped(answer, 9, &packets, &err));
	ck_assert_int_eq(packets, 4);
	ck_assert_int_eq(netem_parse_dropped(answer, 3, &packets, &none), -1);
	none = (struct error){0};
	ck_assert_int_eq(netem_parse_dropped("nonsense", 9, &packets, &none), -1);
}
END_TEST

START_TEST(netem_refuses_to_hold)
{
	struct shape shape = from_0_to_2(1);
	struct error refusal = {0};

	shape.delay_ns = 1;
	ck_ok(netem_check(&shape, &err));
	shape.hold = true;
	ck_assert_int_eq(netem_check(&shape, &refusal), -1);
	ck_assert_int_eq(refusal.code, EXIT_MACHINE_LACKS);
	ck_assert_ptr_nonnull(strstr(refusal.text, "Remedy"));
}
END_TEST

/* The rules and the htb for real, with the discipline that every kernel has in netem's place. */

static void run_tc(const char *input, const char *const *words, char **output)
{
	char *argv[12] = {NULL}, path[PATH_MAX];

	ck_assert_int_eq(process_find_program("tc", path, sizeof(path)), 0);
	argv[0] = path;
	for (int i = 0; words[i]; i++)
		argv[i + 1] = strdup(words[i]);
	ck_ok(process_run(argv, input, output, clock_now_ns() + 10 * NS_PER_S, &err));
}

static void put_pfifo_for_netem(char *text)
{
	for (char *at = text; (at = strstr(at, "netem limit")); at++) {
		size_t rest = strcspn(at, "\n");

		memset(at, ' ', rest);
		memcpy(at, "pfifo", 5);
	}
}

/* Of the discipline with that handle, at the port of B. */
static int64_t packets_of(const char *handle)
{
	static const char *const words[] = {"-s", "-j", "qdisc", "show", "dev", "p3", NULL};
	char *json;
	const cJSON *entry;
	int64_t packets = -1;

	run_tc(NULL, words, &json);
	cJSON *answer = cJSON_Parse(json);

	cJSON_ArrayForEach (entry, answer)
		if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(entry, "handle")), handle) == 0)
			packets = (int64_t)cJSON_GetObjectItem(entry, "packets")->valuedouble;
	cJSON_Delete(answer);
	return packets;
}

START_INSIDE(treated_packets_and_only_they_meet_the_class_of_their_sender)
{
	struct net net = open_net();
	struct shapes *shapes = &net.hosts->shared->shapes;
	char against[256];

	if (shape_open_door(&shapes->door, against, sizeof(against), &(struct error){0}))
		printf("  no engine here; the rules are tried all the same\n");
	shapes->door = DOOR_NETEM;
	shapes->slot[0].shape = (struct shape){
		.id = 1, .froms = 1, .tos = 1, .from = {A}, .to = {B}, .loss_percent = 1};
	shapes->slot[0].sides[A] = SIDE_FROM;
	shapes->slot[0].sides[B] = SIDE_TO;
	shapes->slot[0].state = SLOT_ACTIVE;
	char *text = netem_text(shapes, HOSTS, &shapes->slot[0]);

	put_pfifo_for_netem(text);
	run_tc(text, (const char *const[]){"-batch", "-", NULL}, NULL);
	ck_ok(shape_load_rules(shapes, HOSTS, NULL, &err));
	for (int i = 0; i < 5; i++)
		ck_passes(&net, A, B);
	ck_passes(&net, C, B);
	ck_assert_int_eq(packets_of("4:"), 5);
	shapes->slot[0].state = SLOT_FREE;
	ck_ok(shape_load_rules(shapes, HOSTS, &shapes->slot[0], &err));
	ck_passes(&net, A, B);
	ck_assert_int_eq(packets_of("4:"), 5);
	hosts_close(net.hosts);
}

int main(void)
{
	Suite *suite = suite_create("sandbox: netem");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_netem_test");
	suite_add_tcase(suite, tests);
	tcase_add_test(tests, netem_commands_say_what_was_asked);
	tcase_add_test(tests, rules_of_netem_set_the_class_of_each_sender);
	tcase_add_test(tests, netem_drops_are_read_by_handle);
	tcase_add_test(tests, netem_refuses_to_hold);
	tcase_add_test(tests, treated_packets_and_only_they_meet_the_class_of_their_sender);
	return suite_run(suite);
}
