/*
 * How an existing cluster is entered, from three mouths: the command line, the campaign, and the
 * environment variables of etcdctl. For each thing the first of them that says it counts. The
 * environment does not decide *whether* a run is against somebody's cluster; it completes what the
 * two others say.
 */
#ifndef CAMPAIGN_CONNECTION_H
#define CAMPAIGN_CONNECTION_H

#include "campaign/campaign.h"

/* As said on the command line; NULL: not said. */
struct connection_words {
	const char *endpoints; /* "URL,...", or "env": those of ETCDCTL_ENDPOINTS */
	const char *cacert, *cert, *key;
	const char *user; /* "NAME" or "NAME:PASSWORD" */
	const char *password_file, *prefix;
};

/* Completes the campaign's connection: its endpoints, files, user, password and prefix. Asks for
 * the password on a terminal when there is a user and nobody says it. What is said without an
 * endpoint is an error. Takes the password out of the environment, so that no child inherits it. */
int connection_settle(const struct connection_words *said, struct campaign *campaign,
		      struct error *err);

#endif
