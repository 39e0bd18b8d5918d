#include "conductor/run.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/process.h"
#include "base/random.h"
#include "base/shared.h"
#include "base/text.h"
#include "sandbox/sandbox.h"
#include "conductor/conduct.h"
#include "conductor/etcd_binary.h"
#include "judging/findings.h"
#include "conductor/logbook.h"
#include "conductor/capture_keep.h"
#include "conductor/plan.h"
#include "history/database.h"
#include "reports/report.h"
#include "reports/shelf.h"
#include "reports/threshold.h"
#include "workloads/adapter.h"
#include "workloads/adapter_client.h"

enum { STILL_LIMIT_S = 180 }; /* the slowest is to readmit removed members, 10 s each */

/* The run's directory ------------------------------------------------------------------------- */

static int refuse_place(const char *what, const char *path, struct error *err)
{
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		return error_set(err, EXIT_BAD_USAGE,
				 "cannot make %s %.300s: %s; -o DIR names another place for runs",
				 what, path, strerror(errno));
	return error_errno(err, EXIT_BAD_USAGE, "cannot make %s %.300s", what, path);
}

static int make_directory(const char *path, struct error *err)
{
	_cleanup_free_ char *made = strdup(path);

	CHECK_MEMORY(made);
	return file_make_folders(made) ? refuse_place("the directory", made, err) : 0;
}

/* RUNS/20261120-193416-SEED with logs/ in it; a second run within the second gets "-2" ... */
static int make_run_dir(const char *runs_dir, uint64_t seed, char *path, size_t size,
			struct error *err)
{
	char stamp[32], logs[PATH_MAX];
	time_t now = time(NULL);
	struct tm local;

	if (make_directory(runs_dir, err))
		return -1;
	localtime_r(&now, &local);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &local);
	for (int i = 1; i < 100; i++) {
		char suffix[8] = "";

		if (i > 1)
			snprintf(suffix, sizeof(suffix), "-%d", i);
		if (snprintf(path, size, "%s/%s-%llu%s", runs_dir, stamp, (unsigned long long)seed,
			     suffix) >= (int)size)
			return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long",
					 runs_dir);
		if (mkdir(path, 0777) == 0) {
			snprintf(logs, sizeof(logs), "%s/logs", path);
			return make_directory(logs, err);
		}
		if (errno != EEXIST)
			break;
	}
	return refuse_place("the run's directory", path, err);
}

/* runs/latest -> the newest; a failure to link is no failure of the run. */
static void link_latest(const char *runs_dir, const char *run_dir)
{
	_cleanup_free_ char *link = text_format("%s/latest", runs_dir);
	_cleanup_free_ char *beside = text_format("%s/.latest-%d", runs_dir, (int)getpid());

	if (symlink(strrchr(run_dir, '/') + 1, beside) || rename(beside, link)) {
		log_line("cannot point %s at %s: %s", link, run_dir, strerror(errno));
		unlink(beside);
	}
}

/* The run itself ------------------------------------------------------------------------------ */

static void front_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGCHLD);
}

/* First SIGINT or SIGTERM: ask the conductor to come to an orderly end. Second: everything dies. So
 * it does when the conductor gives no sign of life for longer than anything that it does takes;
 * counted in our own looks, for the machine itself may stand still. */
static int wait_for_conductor(pid_t conductor, const struct stage *stage, const sigset_t *signals)
{
	static const struct timespec second = {.tv_sec = 1};
	int asked = 0, status = 0, still = 0;
	uint32_t heard = 0;

	while (waitpid(conductor, &status, WNOHANG) == 0) {
		siginfo_t info;
		int number = sigtimedwait(signals, &info, &second);

		still = number > 0 || atomic_load(&stage->pulse) != heard ? 0 : still + 1;
		heard = atomic_load(&stage->pulse);
		if (still > STILL_LIMIT_S) {
			log_line("fencepost: the conductor stands still: no sign of life for %d s",
				 STILL_LIMIT_S);
			kill(conductor, SIGKILL);
			sandbox_wait(conductor, &status);
			return status;
		}

		if (number != SIGINT && number != SIGTERM)
			continue;
		if (asked++ > 0) {
			log_line("killed; the history is not sealed, but `fencepost check` reads "
				 "it");
			kill(conductor, SIGKILL);
			sandbox_wait(conductor, &status);
			_exit(EXIT_INTERRUPTED);
		}
		log_line("healing, sealing, reporting; once more to stop at once");
		kill(conductor, SIGINT);
	}
	return status;
}

/* Runs the conductor to its end. With the signals of the front blocked. */
static int conduct(struct plan *plan, enum exit_code *code, struct error *err)
{
	struct sandbox_config config = {
		.network = plan->campaign->cluster.endpoints == 0,
		.main = conduct_main,
		.context = plan,
	};
	sigset_t signals;
	pid_t conductor;

	front_signals(&signals);
	if (sandbox_start(&config, &conductor, err))
		return -1;
	int status = wait_for_conductor(conductor, plan->stage, &signals);

	packets_keep(plan);
	*code = process_exit_code(status, atomic_load(&plan->stage->load_began));
	return 0;
}

static int begin(struct plan *plan, const struct run_request *request, struct error *err)
{
	_cleanup_free_ char *command = text_format("%s --seed %llu", request->command,
						   (unsigned long long)request->campaign->seed);
	sqlite3 *db = NULL;
	int failed = database_create(plan->history, &db, err) ||
		     plan_record(plan, db, command, err) ||
		     (request->thresholds &&
		      database_set_text(db, THRESHOLDS_KEY, request->thresholds, err));

	sqlite3_close(db);
	return failed ? -1 : 0;
}

static int finish(const struct plan *plan, const struct run_request *request,
		  enum exit_code conducted, enum exit_code *code, struct error *err)
{
	struct findings findings;

	log_progress("sealing");
	if (conducted != EXIT_AS_EXPECTED && conducted != EXIT_INTERRUPTED &&
	    logbook_mark_broken(plan->history, "the run did not come to an orderly end", err))
		return -1;
	if (database_seal(plan->history, err) || findings_open(plan->history, &findings, err))
		return -1;
	*code = conducted == EXIT_AS_EXPECTED ? findings_exit_code(&findings) : conducted;
	int failed = findings_write_reports(&findings, plan->run_dir, err);

	log_progress("%s", "");
	if (!failed && request->quiet)
		;
	else if (!failed && request->json)
		failed = findings_print_json(&findings, err);
	else if (!failed)
		failed = findings_print_summary(&findings, *code, err);
	findings_close(&findings);
	return failed;
}

/* Nobody's usage, and nothing that this machine lacks, makes a run fail once it has run. */
static enum exit_code fail_after(const struct plan *plan, struct error *err)
{
	return err->code = exit_code_ours(err->code, atomic_load(&plan->stage->load_began));
}

/* As with the link: no failure of the run. */
static void list_runs(const char *runs_dir)
{
	struct error err = {0};

	if (shelf_write_index(runs_dir, &err))
		log_line("no index of the runs: %s", err.text);
}

static enum exit_code run_planned(struct plan *plan, const struct run_request *request,
				  struct error *err)
{
	enum exit_code conducted = EXIT_OUR_FAULT, code = EXIT_OUR_FAULT;
	sigset_t signals, before;

	/* From before the history is there, by which others see that the run has begun. */
	front_signals(&signals);
	CHECK(sigprocmask(SIG_BLOCK, &signals, &before) == 0);
	bool failed = begin(plan, request, err) || conduct(plan, &conducted, err);

	CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
	if (failed)
		return err->code;
	if (conducted == EXIT_MACHINE_LACKS || conducted == EXIT_BAD_USAGE)
		return conducted; /* told by the conductor; nothing ran */
	if (finish(plan, request, conducted, &code, err))
		return fail_after(plan, err);
	if (request->quiet)
		return code;
	link_latest(request->runs_dir, plan->run_dir);
	list_runs(request->runs_dir);
	if (!request->json)
		log_result("report  %s/report.html", plan->run_dir);
	return code;
}

enum exit_code run_campaign(const struct run_request *request, struct error *err)
{
	char run_dir[RUN_DIR_SIZE];

	return run_campaign_into(request, run_dir, err);
}

static void warn(void *context, const char *text)
{
	(void)context;
	log_line("warning: %s", text);
}

/* A look, and a guard in the service, ask for the holder's own key, as far as its client has one.
 */
static int client_suits(const struct arm *arm, struct error *err)
{
	const struct lock_client_steps *steps = arm_client_steps(arm);

	if (arm->look && !steps->look)
		return error_set(err, EXIT_BAD_USAGE, "arm %s: look = %s means nothing to %s",
				 arm->name, look_names[arm->look], arm_client(arm));
	if (guard_kinds[arm->guard].in_service && !steps->use)
		return error_set(err, EXIT_BAD_USAGE, "arm %s: guard = %s means nothing to %s",
				 arm->name, guard_names[arm->guard], arm_client(arm));
	if (arm->client_words && arm->endpoint_order == ETCD_ROUND_ROBIN)
		return error_set(
			err, EXIT_BAD_USAGE,
			"arm %s: endpoint-order = round-robin means nothing to an adapter, "
			"which asks whom it likes",
			arm->name);
	return 0;
}

/* Before anything starts. */
static int find_clients(const struct campaign *campaign, struct error *err)
{
	char path[PATH_MAX];

	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];

		if (client_suits(arm, err))
			return -1;
		if (arm->client_words && adapter_find(arm->client_word[0], path, sizeof(path), err))
			return error_wrap(err, "arm %s", arm->name);
	}
	return 0;
}

enum exit_code run_campaign_into(const struct run_request *request, char *run_dir,
				 struct error *err)
{
	struct campaign *campaign = request->campaign;
	char path[sizeof(((struct plan *)0)->etcd_path)] = "",
				       version[64] = "unknown (an existing cluster)";
	struct plan plan;

	if (campaign->seed == 0)
		campaign->seed = random_draw_seed();
	if (find_clients(campaign, err))
		return err->code;
	if (campaign->cluster.endpoints == 0 &&
	    etcd_binary_find(campaign->cluster.etcd, path, sizeof(path), version, sizeof(version),
			     err))
		return err->code;
	if (make_run_dir(request->runs_dir, campaign->seed, run_dir, RUN_DIR_SIZE, err) ||
	    plan_open(&plan, campaign, run_dir, err))
		return err->code;
	snprintf(plan.etcd_path, sizeof(plan.etcd_path), "%s", path);
	snprintf(plan.etcd_version, sizeof(plan.etcd_version), "%s", version);
	plan.quiet = request->quiet;
	plan.among = request->among;
	plan.stage = shared_new(sizeof(*plan.stage));
	if (!request->quiet)
		log_line("campaign %s, seed %llu, into %s", campaign->name,
			 (unsigned long long)campaign->seed, run_dir);
	if (!request->quiet)
		campaign_warn(campaign, warn, NULL);
	enum exit_code code = run_planned(&plan, request, err);

	munmap(plan.stage, sizeof(*plan.stage));
	plan_close(&plan);
	return code;
}
