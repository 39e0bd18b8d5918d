#include "campaign/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"

/* Words that are files, and of what else is written the same way. */
struct word {
	const char *option, *said, *variable; /* NULL: etcdctl has none */
	char *into;                           /* what the campaign says; "": nothing */
	size_t size;
};

enum { WORDS = 5 };

static void list_words(const struct connection_words *said, struct campaign *campaign,
		       struct word words[WORDS])
{
	struct etcd_access *access = &campaign->cluster.access;
	const struct word all[WORDS] = {
		{"cacert", said->cacert, "ETCDCTL_CACERT", access->cacert, ETCD_PATH},
		{"cert", said->cert, "ETCDCTL_CERT", access->cert, ETCD_PATH},
		{"key", said->key, "ETCDCTL_KEY", access->key, ETCD_PATH},
		{"password-file", said->password_file, NULL, campaign->cluster.password_file,
		 ETCD_PATH},
		{"prefix", said->prefix, NULL, campaign->cluster.prefix, CAMPAIGN_PREFIX_SIZE},
	};

	memcpy(words, all, sizeof(all));
}

/* An empty variable says nothing. */
static const char *from_environment(const char *variable)
{
	const char *value = variable ? getenv(variable) : NULL;

	return value && *value ? value : NULL;
}

static int take_word(const struct word *word, const char *text, struct error *err)
{
	if (text_copy(word->into, word->size, text))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "--%s has more than %zu characters", word->option,
			 word->size - 1);
}

/* Nothing of this means anything to members of our own. */
static int refuse_idle(const struct connection_words *said, struct campaign *campaign,
		       struct error *err)
{
	struct word words[WORDS];

	list_words(said, campaign, words);
	for (int i = 0; i < WORDS; i++) {
		if (words[i].said)
			return error_set(err, EXIT_BAD_USAGE,
					 "--%s is for a cluster that runs already: say which, by "
					 "--endpoints URL,...",
					 words[i].option);
		if (words[i].into[0])
			return error_set(err, EXIT_BAD_USAGE,
					 "%s:%d: '%s' is for a cluster that runs already: say "
					 "which, by endpoints or --endpoints",
					 campaign->place.file, campaign->place.cluster,
					 words[i].option);
	}
	if (said->user || campaign->cluster.access.user[0])
		return error_set(err, EXIT_BAD_USAGE,
				 "a user is for a cluster that runs already: say which, by "
				 "--endpoints URL,...");
	return 0;
}

/* Endpoints ----------------------------------------------------------------------------------- */

/* etcdctl's may lack the scheme, which TLS files then decide. */
static int take_environment(const struct connection_words *said, struct campaign *campaign,
			    struct error *err)
{
	const char *list = from_environment("ETCDCTL_ENDPOINTS");
	bool tls = said->cacert || said->cert || campaign->cluster.access.cacert[0] ||
		   campaign->cluster.access.cert[0] || from_environment("ETCDCTL_CACERT") ||
		   from_environment("ETCDCTL_CERT");
	_cleanup_free_ char *copy = list ? strdup(list) : NULL, *whole = strdup("");

	if (!list)
		return error_set(err, EXIT_BAD_USAGE,
				 "--endpoints env: ETCDCTL_ENDPOINTS is not set");
	CHECK_MEMORY(copy && whole);
	for (char *rest = copy, *url; (url = strsep(&rest, ","));) {
		const char *scheme = strstr(url, "://") ? "" : tls ? "https://" : "http://";
		char *longer = text_format("%s%s%s%s", whole, *whole ? "," : "", scheme, url);
		free(whole);
		whole = longer;
	}
	if (campaign_set_endpoints(campaign, whole, err))
		return error_wrap(err, "ETCDCTL_ENDPOINTS");
	return 0;
}

static int settle_endpoints(const struct connection_words *said, struct campaign *campaign,
			    struct error *err)
{
	if (!said->endpoints)
		return 0;
	if (strcmp(said->endpoints, "env") == 0)
		return take_environment(said, campaign, err);
	return campaign_set_endpoints(campaign, said->endpoints, err);
}

/* Password ------------------------------------------------------------------------------------ */

static int take_password(struct etcd_access *access, const char *password, const char *from,
			 struct error *err)
{
	if (*password == '\0')
		return error_set(err, EXIT_BAD_USAGE, "the password of %s is empty", from);
	if (text_copy(access->password, sizeof(access->password), password))
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "the password of %s has more than %zu bytes", from,
			 sizeof(access->password) - 1);
}

/* The first line of the file. */
static int read_password(struct etcd_access *access, const char *path, struct error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return error_errno(err, EXIT_BAD_USAGE, "password file %s", path);
	ssize_t length = getline(&line, &size, file);

	fclose(file);
	if (length < 0)
		return error_set(err, EXIT_BAD_USAGE, "password file %s: it has no line", path);
	line[strcspn(line, "\r\n")] = '\0';
	int failed = take_password(access, line, path, err);

	explicit_bzero(line, size);
	return failed;
}

static int ask_for_password(struct etcd_access *access, struct error *err)
{
	char prompt[ETCD_NAME + 32];

	if (!isatty(STDIN_FILENO))
		return error_set(err, EXIT_BAD_USAGE,
				 "no password for user %s: say --password-file FILE, or set "
				 "ETCDCTL_PASSWORD",
				 access->user);
	snprintf(prompt, sizeof(prompt), "Password of %s: ", access->user);
	char *password = getpass(prompt);

	if (!password)
		return error_errno(err, EXIT_BAD_USAGE, "no password for user %s", access->user);
	int failed = take_password(access, password, "the terminal", err);

	explicit_bzero(password, strlen(password));
	return failed;
}

/* Of "NAME:PASSWORD" both, of "NAME" that. */
static int take_user(struct etcd_access *access, const char *text, const char *from,
		     struct error *err)
{
	const char *colon = strchrnul(text, ':');
	size_t length = (size_t)(colon - text);

	if (length == 0 || length >= sizeof(access->user))
		return error_set(err, EXIT_BAD_USAGE,
				 "the user of %s must have a name of 1 to %zu bytes", from,
				 sizeof(access->user) - 1);
	memcpy(access->user, text, length);
	access->user[length] = '\0';
	return *colon ? take_password(access, colon + 1, from, err) : 0;
}

static int settle_user(const struct connection_words *said, struct campaign *campaign,
		       struct error *err)
{
	struct etcd_access *access = &campaign->cluster.access;
	const char *user = from_environment("ETCDCTL_USER");
	const char *password = from_environment("ETCDCTL_PASSWORD");

	if (said->user && take_user(access, said->user, "--user", err))
		return -1;
	if (!access->user[0] && user && take_user(access, user, "ETCDCTL_USER", err))
		return -1;
	if (!access->user[0])
		return said->password_file ? error_set(err, EXIT_BAD_USAGE,
						       "--password-file is of no user: say --user "
						       "NAME")
					   : 0;
	if (said->password_file || (campaign->cluster.password_file[0] && !access->password[0]))
		return read_password(access, campaign->cluster.password_file, err);
	if (access->password[0])
		return 0;
	if (password)
		return take_password(access, password, "ETCDCTL_PASSWORD", err);
	return ask_for_password(access, err);
}

/* Also for those who look at /proc/PID/environ. */
static void forget_secrets(void)
{
	char *password = getenv("ETCDCTL_PASSWORD"), *user = getenv("ETCDCTL_USER");

	if (password)
		explicit_bzero(password, strlen(password));
	if (user)
		explicit_bzero(strchrnul(user, ':'), strlen(strchrnul(user, ':')));
	unsetenv("ETCDCTL_PASSWORD");
}

/* TLS ----------------------------------------------------------------------------------------- */

static int check_file(const char *option, const char *path, struct error *err)
{
	if (!*path || access(path, R_OK) == 0)
		return 0;
	return error_errno(err, EXIT_BAD_USAGE, "%s %s", option, path);
}

static bool has_tls(const struct campaign *campaign)
{
	for (int i = 0; i < campaign->cluster.endpoints; i++)
		if (strncmp(campaign->cluster.endpoint[i], "https://", 8) == 0)
			return true;
	return false;
}

static int check_tls(const struct connection_words *said, const struct campaign *campaign,
		     struct error *err)
{
	const struct etcd_access *access = &campaign->cluster.access;

	if (!has_tls(campaign) && (said->cacert || said->cert || said->key))
		return error_set(
			err, EXIT_BAD_USAGE,
			"--cacert, --cert and --key mean nothing to http://; write %s with "
			"https://",
			campaign->cluster.endpoint[0]);
	if (!has_tls(campaign))
		return 0;
	if (access->key[0] && !access->cert[0])
		return error_set(err, EXIT_BAD_USAGE,
				 "a key (%s) without its certificate: say --cert FILE, too",
				 access->key);
	return check_file("cacert", access->cacert, err) || check_file("cert", access->cert, err) ||
			       check_file("key", access->key, err)
		       ? -1
		       : 0;
}

/* The whole ----------------------------------------------------------------------------------- */

static int settle(const struct connection_words *said, struct campaign *campaign, struct error *err)
{
	struct word words[WORDS];
	const char *why = said->prefix ? campaign_prefix_trouble(said->prefix) : NULL;

	if (settle_endpoints(said, campaign, err))
		return -1;
	if (campaign->cluster.endpoints == 0)
		return refuse_idle(said, campaign, err);
	if (why)
		return error_set(err, EXIT_BAD_USAGE, "--prefix '%.40s': %s", said->prefix, why);
	list_words(said, campaign, words);
	for (int i = 0; i < WORDS; i++) {
		const char *variable = from_environment(words[i].variable);

		if (words[i].said && take_word(&words[i], words[i].said, err))
			return -1;
		if (!words[i].into[0] && variable && take_word(&words[i], variable, err))
			return -1;
	}
	return settle_user(said, campaign, err) || check_tls(said, campaign, err) ? -1 : 0;
}

int connection_settle(const struct connection_words *said, struct campaign *campaign,
		      struct error *err)
{
	int failed = settle(said, campaign, err);

	forget_secrets();
	return failed;
}
