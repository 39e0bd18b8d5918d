/* The doctor finds what is here, and what is not. */
#include <check.h>
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/doctor.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_rig.h"

static struct ability *named(struct ability *abilities, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(abilities[i].name, name) == 0)
			return &abilities[i];
	ck_abort_msg("no line \"%s\"", name);
	return NULL;
}

START_TEST(able_machine_has_all_that_a_sandbox_needs)
{
	static const char *const needed[] = {
		"user namespaces",      "bridge and veth", "nftables, bridge family",
		"packet capture",       "ip (iproute2)",   "seccomp notification",
		"tmpfs in the sandbox",
#ifndef __SANITIZE_THREAD__ /* whose own thread forbids them */
		"time namespaces",
#endif
	};
	struct ability abilities[ABILITIES_MAX];
	int count = doctor_examine("etcd", NULL, abilities);

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		const struct ability *ability = named(abilities, count, needed[i]);

		ck_assert_msg(ability->state == ABILITY_YES, "%s: %s", needed[i], ability->found);
		ck_assert_str_ne(ability->found, "");
		ck_assert_str_eq(ability->remedy, "");
	}
}
END_TEST

/* Whatever the machine has: the line says by what, or a remedy; and what it says is so. */
START_TEST(packet_treatment_names_its_engine)
{
	struct ability abilities[ABILITIES_MAX];
	const struct ability *ability =
		named(abilities, doctor_examine("etcd", NULL, abilities), "packet treatment");

	if (ability->state == ABILITY_YES) {
		ck_assert(strstr(ability->found, "by a packet queue") ||
			  strstr(ability->found, "by netem"));
		return;
	}
	ck_assert_int_eq(ability->state, ABILITY_NO);
	ck_assert_ptr_nonnull(strstr(ability->found, "netem: "));
	ck_assert_ptr_nonnull(strstr(ability->remedy, "modprobe"));
}
END_TEST

START_TEST(reason_why_there_is_no_etcd_is_told)
{
	struct ability abilities[ABILITIES_MAX];
	struct error no_etcd = {0};

	error_set(&no_etcd, EXIT_MACHINE_LACKS, "no etcd 9.9.9");
	const struct ability *etcd =
		named(abilities, doctor_examine(NULL, &no_etcd, abilities), "etcd");

	ck_assert_int_eq(etcd->state, ABILITY_NO);
	ck_assert(etcd->needed);
	ck_assert_str_eq(etcd->found, "no etcd 9.9.9");
}
END_TEST

START_TEST(missing_programs_are_found_missing_with_a_remedy)
{
	struct ability abilities[ABILITIES_MAX];

	setenv("PATH", "/nonexistent", 1);
	int count = doctor_examine("no-such-etcd", NULL, abilities);
	const struct ability *etcd = named(abilities, count, "etcd");

	ck_assert_int_eq(etcd->state, ABILITY_NO);
	ck_assert_ptr_nonnull(strstr(etcd->remedy, "etcd-server"));
	for (int i = 0; i < count; i++) {
		ck_assert_str_ne(abilities[i].found, "");
		ck_assert((abilities[i].state == ABILITY_NO) == (*abilities[i].remedy != '\0'));
		/* Nothing was cut off. */
		ck_assert_uint_lt(strlen(abilities[i].remedy), sizeof(abilities[i].remedy) - 1);
	}
}
END_TEST

/* Without time namespaces, and without seccomp(2), as some containers are. */
static void examine_where_little_is_forbidden(void)
{
	struct ability abilities[ABILITIES_MAX];
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!rig_owns_users("machine_without_faults_of_the_disk_is_told_so"))
		return;
	FILE *file = fopen("/proc/sys/user/max_time_namespaces", "w");

	ck_assert_ptr_nonnull(file);
	fputs("0", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	int count = doctor_examine("etcd", NULL, abilities);

	ck_assert_int_eq(named(abilities, count, "seccomp notification")->state, ABILITY_NO);
	ck_assert_int_eq(named(abilities, count, "time namespaces")->state, ABILITY_NO);
	ck_assert_ptr_nonnull(
		strstr(named(abilities, count, "time namespaces")->remedy, "max_time_namespaces"));
	ck_assert_int_eq(named(abilities, count, "tmpfs in the sandbox")->state, ABILITY_YES);
}

START_TEST(machine_without_faults_of_the_disk_is_told_so)
{
	rig_run_inside(false, examine_where_little_is_forbidden);
}
END_TEST

/* A machine without namespaces, as a sandbox that may not make another. */
static void examine_where_nothing_is_allowed(void)
{
	struct ability abilities[ABILITIES_MAX];
	int untried = 0;

	if (!rig_owns_users("machine_without_namespaces_is_told_so"))
		return;
	for (const char *const *name = (const char *[]){"user", "pid", "mnt", "net", NULL}; *name;
	     name++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", *name);
		FILE *file = fopen(path, "w");

		ck_assert_ptr_nonnull(file);
		fputs("0", file);
		ck_assert_int_eq(fclose(file), 0);
	}
	int count = doctor_examine("etcd", NULL, abilities);

	const struct ability *namespaces = named(abilities, count, "user namespaces");

	ck_assert_int_eq(namespaces->state, ABILITY_NO);
	ck_assert_ptr_nonnull(strstr(namespaces->remedy, "user.max_user_namespaces"));
	ck_assert_ptr_null(strstr(namespaces->found, "sysctl"));
	ck_assert_int_eq(named(abilities, count, "ip (iproute2)")->state, ABILITY_YES);
	for (int i = 0; i < count; i++) {
		if (strcmp(abilities[i].found, "not tried: there is no sandbox") != 0)
			continue;
		ck_assert_int_eq(abilities[i].state, ABILITY_UNTRIED);
		ck_assert_str_eq(abilities[i].remedy, "");
		untried++;
	}
	ck_assert_int_eq(untried, 7); /* all that are tried inside */
}

START_TEST(machine_without_namespaces_is_told_so)
{
	rig_run_inside(false, examine_where_nothing_is_allowed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox: doctor");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_doctor_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, able_machine_has_all_that_a_sandbox_needs);
	tcase_add_test(tests, packet_treatment_names_its_engine);
	tcase_add_test(tests, reason_why_there_is_no_etcd_is_told);
	tcase_add_test(tests, missing_programs_are_found_missing_with_a_remedy);
	tcase_add_test(tests, machine_without_faults_of_the_disk_is_told_so);
	tcase_add_test(tests, machine_without_namespaces_is_told_so);
	return suite_run(suite);
}
