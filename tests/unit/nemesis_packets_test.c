/* Cuts, partitions and treatments of packets: which hosts, in which order, and what is recorded. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_one_fault.h"

/* Cuts ---------------------------------------------------------------------------------------- */

static void drop(int from, int to, int packets)
{
	cluster->link[cluster->links++] =
		(struct link_count){.from = from, .to = to, .packets = 9, .dropped = packets};
}

START_TEST(cut_tells_what_it_dropped_link_by_link_before_it_heals)
{
	plan_one(FAULT_CUT, TARGET_HOLDER);
	drop(5, 0, 3);
	drop(0, 5, 4);
	run_load(3000);
	ck_assert_asked("cut 1 between 5 and 0 1 2 3 6 7 8 9 10\n"
			"count 1\n"
			"uncut 1\n");
	ck_assert_told(OF_HOLDER("cut") "600 dropped 1 5->0 3\n"
					"600 dropped 1 0->5 4\n"
					"600 proof 1 7 packets dropped: from all, both\n"
					"600 end 1 bitten\n");
}
END_TEST

START_TEST(cut_of_one_direction_drops_what_is_sent_or_what_is_received)
{
	struct fault_block *one = plan_one(FAULT_CUT, TARGET_HOLDER);

	one->from = FROM_CLUSTER;
	one->direction = DIRECTION_OUT;
	run_load(300);
	ck_assert_asked("cut 1 from 5 to 0 1 2\ncount 1\nuncut 1\n");
	ck_assert_told(OF_HOLDER("cut") "300 no proof 1 0 packets dropped: from cluster, out\n"
					"300 end 1 without effect\n");
	set_up_all();
	one = plan_one(FAULT_CUT, TARGET_HOLDER);
	one->from = FROM_CLUSTER;
	one->direction = DIRECTION_IN;
	drop(0, 5, 1);
	run_load(300);
	ck_assert_asked("cut 1 from 0 1 2 to 5\ncount 1\nuncut 1\n");
	ck_assert_told(OF_HOLDER("cut") "300 dropped 1 0->5 1\n"
					"300 proof 1 1 packets dropped: from cluster, in\n"
					"300 end 1 bitten\n");
}
END_TEST

START_TEST(cut_from_nobody_is_no_cut)
{
	for (int direction = 0; direction < FAULT_DIRECTIONS_COUNT; direction++) {
		set_up_all();
		struct fault_block *one = plan_one(FAULT_CUT, TARGET_HOLDER);

		one->from = FROM_LEADER; /* that nobody knows */
		one->direction = (enum fault_direction)direction;
		run_load(9000);
		ck_assert_asked("");
		/* given up when it would have been over for two TTLs */
		ck_assert_told(
			"4600 note aim not met: b1, occasion 1, lane 0: the target slipped away\n");
	}
}
END_TEST

START_TEST(refused_cut_breaks_the_run_and_did_not_begin)
{
	plan_one(FAULT_CUT, TARGET_HOLDER)->from = FROM_STORE;
	cluster->refuses = "cut";
	run_load(3000);
	ck_assert_asked("cut 1 between 5 and 3\n");
	ck_assert_told("100 BREAKS b1 at host-5, working, holder for 110.0 ms, 0 waiting: "
		       "cut refused\n");
	ck_assert_int_eq(atomic_load(&live->faults_active), 0);
}
END_TEST

START_TEST(cut_that_cannot_be_counted_did_not_bite)
{
	plan_one(FAULT_CUT, TARGET_HOLDER)->from = FROM_STORE;
	drop(5, 3, 3);
	cluster->refuses = "count";
	run_load(3000);
	ck_assert_told(OF_HOLDER("cut") "600 BREAKS fault 1: count dropped packets: count refused\n"
					"600 no proof 1 0 packets dropped: from store, both\n"
					"600 end 1 without effect\n");
}
END_TEST

START_TEST(cut_that_cannot_be_healed_has_no_end_and_is_tried_once_more)
{
	plan_one(FAULT_CUT, TARGET_HOLDER)->from = FROM_STORE;
	drop(5, 3, 3);
	cluster->refuses = "uncut";
	run_load(3000);
	ck_assert_asked("cut 1 between 5 and 3\ncount 1\nuncut 1\nuncut 1\n");
	ck_assert_told(OF_HOLDER("cut") "600 dropped 1 5->3 3\n"
					"600 proof 1 3 packets dropped: from store, both\n"
					"600 BREAKS fault 1 cannot be healed: uncut refused\n"
					"3000 BREAKS fault 1 cannot be healed: uncut refused\n");
	ck_assert_int_eq(atomic_load(&live->faults_ended), 0);
}
END_TEST

/* Partitions ---------------------------------------------------------------------------------- */

/* The cuts' ids are 2^24 + 8 and on: the first fault's. */
#define CUT(n, ends)  "cut 1677722" n " " ends "\n"
#define COUNT_(n)     "count 1677722" n "\n"
#define UNCUT(n)      "uncut 1677722" n "\n"
#define ONE_CUT(ends) CUT("4", ends) COUNT_("4") UNCUT("4")

static void run_partition(int members, enum fault_shape shape)
{
	lay_out(members);
	cluster->abilities = EVERYTHING;
	cluster->leader = 2;
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = shape;
	run_load(3000);
}

/* Hosts: 0 .. 4 members, 5 store, 6 witness, 7 .. 12 workers, 13 on the hub. */
START_TEST(partition_has_the_shape_that_was_named)
{
	static const struct {
		enum fault_shape shape;
		const char *asked;
	} shapes[] = {
		/* 1 + 4 and 1 + 0 goes round; of the others the even ones */
		{SHAPE_HALVES, ONE_CUT("between 0 4 8 10 12 and 1 2 3 5 7 9 11")},
		{SHAPE_MINORITY, ONE_CUT("between 1 2 and 3 4 0")},
		{SHAPE_BRIDGE, ONE_CUT("between 2 3 and 4 0")},
		{SHAPE_LEADER_ALONE, ONE_CUT("between 2 and 0 1 3 4 5 7 8 9 10 11 12")},
		{SHAPE_CLIENTS, ONE_CUT("between 0 1 2 3 4 and 7 8 9 10 11 12")},
		/* each hears itself and the next two */
		{SHAPE_RING,
		 CUT("4", "from 3 4 to 0") CUT("5", "from 4 0 to 1") CUT("6", "from 0 1 to 2")
			 CUT("7", "from 1 2 to 3") CUT("8", "from 2 3 to 4") COUNT_("4") COUNT_("5")
				 COUNT_("6") COUNT_("7") COUNT_("8") UNCUT("4") UNCUT("5")
					 UNCUT("6") UNCUT("7") UNCUT("8")},
		{SHAPE_PEERS, CUT("4", "between 0 and 1 2 3 4") CUT("5", "between 1 and 2 3 4")
				      CUT("6", "between 2 and 3 4") CUT("7", "between 3 and 4")
					      COUNT_("4") COUNT_("5") COUNT_("6") COUNT_("7")
						      UNCUT("4") UNCUT("5") UNCUT("6") UNCUT("7")},
	};

	ck_assert_int_eq(sizeof(shapes) / sizeof(*shapes), FAULT_SHAPES_COUNT);
	for (int i = 0; i < FAULT_SHAPES_COUNT; i++) {
		set_up();
		run_partition(5, shapes[i].shape);
		ck_assert_asked(shapes[i].asked);
	}
}
END_TEST

START_TEST(halves_take_the_others_by_what_was_drawn)
{
	for (int pick = 1; pick <= 4; pick++) {
		set_up_all();
		plan_one(FAULT_PARTITION, TARGET_CLUSTER);
		planned_entry[0].pick = pick;
		run_load(3000);
		ck_assert_asked(pick % 2 ? ONE_CUT("between 2 3 5 7 9 and 0 1 6 8 10")
					 : ONE_CUT("between 2 6 8 10 and 0 1 3 5 7 9"));
	}
}
END_TEST

START_TEST(minority_of_three_or_four_members_is_one)
{
	for (int members = 3; members <= 4; members++) {
		set_up();
		run_partition(members, SHAPE_MINORITY);
		ck_assert_asked(members == 3 ? ONE_CUT("between 1 and 2 0")
					     : ONE_CUT("between 1 and 2 3 0"));
	}
}
END_TEST

START_TEST(partition_bit_when_any_of_its_cuts_dropped_something)
{
	drop(0, 1, 2);
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_PEERS;
	run_load(3000);
	ck_assert_told("100 begin 1 partition cluster: cluster\n"
		       "600 dropped 1 0->1 2\n"
		       "600 dropped 1 0->1 2\n"
		       "600 proof 1 4 packets dropped: shape peers, 2 cuts\n"
		       "600 end 1 bitten\n");
}
END_TEST

START_TEST(partition_without_traffic_did_not_bite)
{
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_BRIDGE;
	run_load(3000);
	ck_assert_told("100 begin 1 partition cluster: cluster\n"
		       "600 no proof 1 0 packets dropped: shape bridge, 1 cuts\n"
		       "600 end 1 without effect\n");
}
END_TEST

START_TEST(partition_of_which_one_cut_is_refused_is_taken_back_whole)
{
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_RING;
	cluster->refuses = "cut";
	cluster->passes = 2;
	run_load(3000);
	ck_assert_asked(CUT("4", "from 2 to 0") CUT("5", "from 0 to 1") CUT("6", "from 1 to 2")
				UNCUT("4") UNCUT("5"));
	ck_assert_told("100 BREAKS b1 at cluster: cut refused\n");
}
END_TEST

START_TEST(partition_that_cannot_be_healed_is_tried_once_more)
{
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_PEERS;
	cluster->refuses = "uncut";
	cluster->passes = 1;
	run_load(3000);
	ck_assert_asked(CUT("4", "between 0 and 1 2") CUT("5", "between 1 and 2") COUNT_("4")
				COUNT_("5") UNCUT("4") UNCUT("5") UNCUT("4"));
}
END_TEST

START_TEST(nobody_is_alone_where_nobody_leads)
{
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_LEADER_ALONE;
	run_load(9000);
	ck_assert_asked("");
	ck_assert_told("4600 note aim not met: b1, occasion 1, lane -1: the target slipped away\n");
}
END_TEST

START_TEST(cuts_of_two_partitions_have_ids_of_their_own)
{
	for (int i = 0; i < 2; i++) {
		struct fault_block *one = plan_fault(FAULT_PARTITION, TARGET_CLUSTER, 100, 500 + i);

		one->shape = SHAPE_RING;
	}
	run_load(200);
	ck_assert_str_eq(strstr(asked, "cut 16777232"),
			 "cut 16777232 from 2 to 0\n"
			 "cut 16777233 from 0 to 1\n"
			 "cut 16777234 from 1 to 2\n"
			 "count 16777232\ncount 16777233\ncount 16777234\n"
			 "uncut 16777232\nuncut 16777233\nuncut 16777234\n"
			 "count 16777224\ncount 16777225\ncount 16777226\n"
			 "uncut 16777224\nuncut 16777225\nuncut 16777226\n");
}
END_TEST

/* Treatments of packets ----------------------------------------------------------------------- */

#define SHAPED(what)                                                                               \
	"shape 1 between 5 and 0 1 2, " what "\n"                                                  \
	"unshape 1\n"

START_TEST(treatment_of_packets_is_what_its_kind_says)
{
	static const struct {
		enum fault_kind kind;
		const char *asked, *told;
	} kinds[] = {
		{FAULT_LOSS, SHAPED("loss 30, copies 0, order 0, delay 0 +- 0 us, rate 0"),
		 OF_HOLDER("loss") "600 proof 1 11 packets lost: "},
		{FAULT_DELAY, SHAPED("loss 0, copies 0, order 0, delay 80000 +- 20000 us, rate 0"),
		 OF_HOLDER("delay") "600 proof 1 12 packets delayed: "},
		{FAULT_REORDER, SHAPED("loss 0, copies 0, order 30, delay 80000 +- 0 us, rate 0"),
		 OF_HOLDER("reorder") "600 proof 1 13 packets overtaken: "},
		{FAULT_DUPLICATE, SHAPED("loss 0, copies 30, order 0, delay 0 +- 0 us, rate 0"),
		 OF_HOLDER("duplicate") "600 proof 1 14 packets copied: "},
		{FAULT_RATE, SHAPED("loss 0, copies 0, order 0, delay 0 +- 0 us, rate 64"),
		 OF_HOLDER("rate") "600 proof 1 12 packets slowed: "},
		{FAULT_LATE, SHAPED("loss 0, copies 0, order 0, delay 0 +- 0 us, rate 0, hold"),
		 OF_HOLDER("late") "600 proof 1 15 packets held: "},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char expected[512];

		set_up_all();
		struct fault_block *one = plan_one(kinds[i].kind, TARGET_HOLDER);

		one->from = FROM_CLUSTER;
		one->percent = 30;
		one->rate = 64;
		planned_entry[0].by = 0.08;
		cluster->shape = (struct shape_count){.seen = 20,
						      .dropped = 11,
						      .delayed = 12,
						      .reordered = 13,
						      .duplicated = 14,
						      .held = 15,
						      .longest_ns = 90 * NS_PER_MS,
						      .mean_ns = 70500 * NS_PER_US};
		run_load(3000);
		ck_assert_asked(kinds[i].asked);
		snprintf(expected, sizeof(expected),
			 "%sof 20 seen, from cluster, both; 90.0 ms at most, 70.5 on average\n"
			 "600 end 1 bitten\n",
			 kinds[i].told);
		ck_assert_told(expected);
	}
}
END_TEST

START_TEST(treatment_of_one_direction_treats_what_is_sent_or_what_is_received)
{
	for (int in = 0; in < 2; in++) {
		set_up_all();
		struct fault_block *one = plan_one(FAULT_LATE, TARGET_HOLDER);

		one->from = FROM_STORE;
		one->direction = in ? DIRECTION_IN : DIRECTION_OUT;
		run_load(3000);
		ck_assert_asked(in ? "shape 1 from 3 to 5, loss 0, copies 0, order 0, "
				     "delay 0 +- 0 us, rate 0, hold\nunshape 1\n"
				   : "shape 1 from 5 to 3, loss 0, copies 0, order 0, "
				     "delay 0 +- 0 us, rate 0, hold\nunshape 1\n");
	}
}
END_TEST

START_TEST(treatment_that_met_no_packet_did_not_bite)
{
	plan_one(FAULT_LOSS, TARGET_HOLDER)->from = FROM_STORE;
	cluster->shape.seen = 4;
	run_load(3000);
	ck_assert_told(
		OF_HOLDER("loss") "600 no proof 1 0 packets lost: of 4 seen, from store, both; "
				  "0.0 ms at most, 0.0 on average\n"
				  "600 end 1 without effect\n");
}
END_TEST

START_TEST(one_packet_is_proof_enough)
{
	plan_one(FAULT_LOSS, TARGET_HOLDER)->from = FROM_STORE;
	cluster->shape.dropped = 1;
	run_load(3000);
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "600 end 1 bitten\n"));
	set_up_all();
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_BRIDGE;
	drop(0, 1, 1);
	run_load(3000);
	told[0] = 0;
	read_record();
	ck_assert_ptr_nonnull(strstr(told, "600 end 1 bitten\n"));
}
END_TEST

START_TEST(leader_of_number_zero_can_be_alone)
{
	cluster->leader = 0;
	plan_one(FAULT_PARTITION, TARGET_CLUSTER)->shape = SHAPE_LEADER_ALONE;
	run_load(3000);
	ck_assert_asked(ONE_CUT("between 0 and 1 2 3 5 6 7 8 9 10"));
}
END_TEST

START_TEST(treatment_needs_a_far_side_and_leave)
{
	for (int direction = 0; direction < FAULT_DIRECTIONS_COUNT; direction++) {
		set_up_all();
		struct fault_block *one = plan_one(FAULT_DELAY, TARGET_HOLDER);

		one->from = FROM_LEADER;
		one->direction = (enum fault_direction)direction;
		run_load(9000);
		ck_assert_asked("");
		ck_assert_told(
			"4600 note aim not met: b1, occasion 1, lane 0: the target slipped away\n");
	}
	set_up_all();
	plan_one(FAULT_DELAY, TARGET_HOLDER)->from = FROM_STORE;
	cluster->refuses = "shape";
	run_load(9000);
	ck_assert_told("100 BREAKS b1 at host-5, working, holder for 110.0 ms, 0 waiting: "
		       "shape refused\n");
}
END_TEST

START_TEST(treatment_that_cannot_be_taken_away_has_no_end)
{
	plan_one(FAULT_LATE, TARGET_HOLDER)->from = FROM_STORE;
	cluster->refuses = "unshape";
	run_load(3000);
	ck_assert_told(OF_HOLDER("late") "600 BREAKS fault 1 cannot be healed: unshape refused\n"
					 "3000 BREAKS fault 1 cannot be healed: unshape refused\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: packets");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up_all, tear_down);
	tcase_add_test(tests, cut_tells_what_it_dropped_link_by_link_before_it_heals);
	tcase_add_test(tests, cut_of_one_direction_drops_what_is_sent_or_what_is_received);
	tcase_add_test(tests, cut_from_nobody_is_no_cut);
	tcase_add_test(tests, refused_cut_breaks_the_run_and_did_not_begin);
	tcase_add_test(tests, cut_that_cannot_be_counted_did_not_bite);
	tcase_add_test(tests, cut_that_cannot_be_healed_has_no_end_and_is_tried_once_more);
	tcase_add_test(tests, partition_has_the_shape_that_was_named);
	tcase_add_test(tests, halves_take_the_others_by_what_was_drawn);
	tcase_add_test(tests, minority_of_three_or_four_members_is_one);
	tcase_add_test(tests, partition_bit_when_any_of_its_cuts_dropped_something);
	tcase_add_test(tests, partition_without_traffic_did_not_bite);
	tcase_add_test(tests, partition_of_which_one_cut_is_refused_is_taken_back_whole);
	tcase_add_test(tests, partition_that_cannot_be_healed_is_tried_once_more);
	tcase_add_test(tests, nobody_is_alone_where_nobody_leads);
	tcase_add_test(tests, cuts_of_two_partitions_have_ids_of_their_own);
	tcase_add_test(tests, treatment_of_packets_is_what_its_kind_says);
	tcase_add_test(tests, treatment_of_one_direction_treats_what_is_sent_or_what_is_received);
	tcase_add_test(tests, treatment_that_met_no_packet_did_not_bite);
	tcase_add_test(tests, one_packet_is_proof_enough);
	tcase_add_test(tests, leader_of_number_zero_can_be_alone);
	tcase_add_test(tests, treatment_needs_a_far_side_and_leave);
	tcase_add_test(tests, treatment_that_cannot_be_taken_away_has_no_end);
	return suite_run(suite);
}
