#include "conductor/hunt/rounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "conductor/etcd_binary.h"

int round_run(const struct round_request *asked, struct round *round, struct error *err)
{
	struct run_request request = {.campaign = asked->campaign,
				      .runs_dir = asked->runs_dir,
				      .command = asked->command,
				      .among = asked->among,
				      .quiet = true};
	char path[RUN_DIR_SIZE + 16];
	enum exit_code code = run_campaign_into(&request, round->run_dir, err);

	if (err->code)
		return -1;
	if (code == EXIT_INTERRUPTED)
		return error_set(err, EXIT_INTERRUPTED, "interrupted; the last round lies in %s",
				 round->run_dir);
	if (code == EXIT_MACHINE_LACKS || code == EXIT_BAD_USAGE)
		return error_set(err, code, "a round could not run; see above");
	snprintf(path, sizeof(path), "%s/history.db", round->run_dir);
	return findings_reopen(path, &round->findings, err);
}

void round_close(struct round *round)
{
	findings_close(&round->findings);
}

int64_t round_count(const struct round *round, const struct quarry *quarry)
{
	const struct verdicts *verdicts = &round->findings.verdicts;

	for (int i = 0; i < verdicts->judgements; i++)
		if (strcmp(verdicts->judgement[i].subject, quarry->subject) == 0)
			return verdicts->judgement[i].definite[quarry->name];
	return 0;
}

/* Past runs ----------------------------------------------------------------------------------- */

static const struct violation *find_violation(const struct verdicts *verdicts, int64_t id)
{
	for (int i = 0; i < verdicts->violations; i++)
		if (id ? verdicts->violation[i].id == id : verdicts->violation[i].definite)
			return &verdicts->violation[i];
	return NULL;
}

static int choose_violation(struct past *past, int64_t id, struct error *err)
{
	const struct history *history = &past->findings.history;

	past->violation = find_violation(&past->findings.verdicts, id);
	if (!past->violation && id)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s has no violation %" PRId64
				 "; `sqlite3 history.db 'select id, name, subject, summary from "
				 "violation'` lists them",
				 history->path, id);
	if (!past->violation)
		return error_set(err, EXIT_BAD_USAGE, "%s has no definite violation",
				 history->path);
	past->quarry.name = past->violation->name;
	text_copy(past->quarry.subject, sizeof(past->quarry.subject),
		  past->violation->arm < 0 ? "service" : history->arm[past->violation->arm].name);
	return 0;
}

/* A flag with a path would have etcd read or write it. */
static int check_flags(const struct campaign *campaign, const char *history, struct error *err)
{
	for (int i = 0; i < campaign->cluster.flags; i++)
		if (strchr(campaign->cluster.flag[i], '/'))
			return error_set(err, EXIT_BAD_USAGE,
					 "%.200s gave etcd the flag '%s'; a history may be "
					 "anybody's, so no path is taken from it: if you mean it, "
					 "run a campaign of your own with that flag",
					 history, campaign->cluster.flag[i]);
	return 0;
}

static int choose_cluster(struct past *past, const struct past_choice *choice, struct error *err)
{
	struct campaign *campaign = past->campaign;
	const char *history = past->findings.history.path;

	if (choice->etcd && (choice->connection.endpoints || campaign->cluster.endpoints))
		return error_set(err, EXIT_BAD_USAGE,
				 "--etcd means nothing to a cluster that runs already");
	if (check_flags(campaign, history, err))
		return -1;
	/* Nor are files, a user, or a place for keys. */
	memset(&campaign->cluster.access, 0, sizeof(campaign->cluster.access));
	campaign->cluster.password_file[0] = campaign->cluster.prefix[0] = '\0';
	if (campaign->cluster.endpoints && !choice->connection.endpoints)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.200s ran on the cluster at %s; a history may be anybody's, so "
			"that is not taken from it: if you mean it, say --endpoints URL,...",
			history, campaign->cluster.endpoint[0]);
	if (connection_settle(&choice->connection, campaign, err))
		return -1;
	if (campaign->cluster.endpoints)
		return 0;
	if (choice->etcd) {
		if (text_copy(campaign->cluster.etcd, sizeof(campaign->cluster.etcd), choice->etcd))
			return 0;
		return error_set(err, EXIT_BAD_USAGE, "--etcd is too long");
	}
	if (etcd_binary_is_known(campaign->cluster.etcd))
		return 0;
	return error_set(err, EXIT_BAD_USAGE,
			 "%.200s ran the program '%s'; a history may be anybody's, so that is not "
			 "taken from it: if you mean it, say --etcd with that path, another, or a "
			 "version such as 3.5.16",
			 history, campaign->cluster.etcd);
}

int past_open(const char *history, const struct past_choice *choice, struct past *past,
	      struct error *err)
{
	memset(past, 0, sizeof(*past));
	if (findings_reopen(history, &past->findings, err))
		return -1;
	const char *text = history_text(&past->findings.history, "campaign");

	past->campaign = calloc(1, sizeof(*past->campaign));
	CHECK_MEMORY(past->campaign);
	if (!text)
		error_set(err, EXIT_BAD_USAGE, "%s does not say which campaign it was", history);
	else if (campaign_load_text(text, history, past->campaign, err) == 0 &&
		 choose_cluster(past, choice, err) == 0 &&
		 campaign_validate(past->campaign, err) == 0 &&
		 choose_violation(past, choice->violation, err) == 0)
		return 0;
	past_close(past);
	return -1;
}

void past_close(struct past *past)
{
	free(past->campaign);
	findings_close(&past->findings);
}
