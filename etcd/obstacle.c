/*
 * Replies that cannot get better by waiting, each with what it means and what to do about it. The
 * words are those of people who set a run up: they name our options.
 *
 * Theory of operation. What says so itself, is looked up in two tables: of ends without an answer,
 * by libcurl's code and words, and of answers, by status, gRPC code and words. An end without a
 * word (the connection was closed) has many causes, from a member that is just going down to the
 * wrong protocol; so the endpoint is asked once more in the other ways, and only what it then says
 * of itself counts:
 *  - of http://, a TLS handshake: whoever answers it, speaks TLS;
 *  - of https://, a plain request: whoever answers it, does not;
 *  - of https://, a handshake of TLS 1.2, in which a server refuses a certificate before the
 *    handshake is over; with 1.3 that comes later, and is lost as often as not.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "etcd/client.h"

enum { NO_CODE = -1, ANY = -2, PROBE_MS = 2000 };

#define CLIENT_CERTIFICATE                                                                         \
	"it refuses our certificate, or that we have none: give one that its authority "           \
	"(--trusted-ca-file) has signed, by --cert FILE --key FILE"
#define NO_ETCD "what answers there is no etcd: is it the client URL (as a rule port 2379)?"

struct ended {
	CURLcode code;
	const char *part; /* of the words; NULL: whatever they are */
	const char *advice;
};

/* The first line that fits. The words are OpenSSL's and libcurl's; with another library the last
 * line of a code still holds. */
static const struct ended ends[] = {
	{CURLE_COULDNT_RESOLVE_HOST, NULL, "no such host is known here: is its name right?"},
	{CURLE_PEER_FAILED_VERIFICATION, "subject name",
	 "its certificate is for another host: write the endpoint with a name or address that the "
	 "certificate has"},
	{CURLE_PEER_FAILED_VERIFICATION, "expired", "its certificate is to be renewed"},
	{CURLE_PEER_FAILED_VERIFICATION, "not yet valid",
	 "is the clock right, here and where the certificate was made?"},
	{CURLE_PEER_FAILED_VERIFICATION, NULL,
	 "its certificate is signed by nobody whom we trust: name the authority's file by "
	 "--cacert"},
	{CURLE_SSL_CACERT_BADFILE, NULL, "--cacert is no file of certificates (PEM)"},
	{CURLE_SSL_CERTPROBLEM, NULL,
	 "--cert and --key must be a certificate and its own key (PEM, without a passphrase)"},
	{CURLE_SSL_CONNECT_ERROR, "alert bad certificate", CLIENT_CERTIFICATE},
	{CURLE_SSL_CONNECT_ERROR, "alert certificate", CLIENT_CERTIFICATE},
	{CURLE_SSL_CONNECT_ERROR, "alert unknown ca", CLIENT_CERTIFICATE},
	{CURLE_SSL_CONNECT_ERROR, "certificate required", CLIENT_CERTIFICATE},
	{CURLE_RECV_ERROR, "alert bad certificate", CLIENT_CERTIFICATE},
	{CURLE_RECV_ERROR, "alert unknown ca", CLIENT_CERTIFICATE},
	{CURLE_RECV_ERROR, "certificate required", CLIENT_CERTIFICATE},
	{CURLE_SSL_CONNECT_ERROR, "wrong version number", "it does not speak TLS: write http://"},
	{CURLE_UNSUPPORTED_PROTOCOL, NULL, NO_ETCD},
	{CURLE_WEIRD_SERVER_REPLY, NULL, NO_ETCD},
};

struct answered {
	int http_status, code;
	const char *part;
	const char *advice;
};

static const struct answered answers[] = {
	{ANY, ANY, "user name is empty",
	 "it has authentication on: say --user NAME, and the password by ETCDCTL_PASSWORD or "
	 "--password-file; a client certificate names nobody to etcd's JSON gateway, which is what "
	 "we "
	 "speak"},
	{ANY, ANY, "authentication failed", "user or password is wrong"},
	{ANY, ANY, "CommonName of client",
	 "with authentication on, etcd's JSON gateway refuses a client certificate with a "
	 "CommonName: "
	 "use one without (openssl req -subj /O=fencepost)"},
	{ANY, 7, NULL,
	 "the user may not read and write our keys: etcdctl role grant-permission ROLE "
	 "--prefix=true readwrite fencepost/ (or what --prefix says)"},
	{ANY, 16, NULL, "the user's token is not taken"},
	{404, ANY, NULL,
	 "there is no JSON gateway of etcd's at that address: is it the client URL (as a rule port "
	 "2379), and is enable-grpc-gateway on?"},
	{421, ANY, NULL, "etcd does not know itself by that name: see its --host-whitelist"},
	{401, ANY, NULL, "who answers wants to know who we are, and is no etcd"},
	{403, ANY, NULL, "who answers lets us not in, and is no etcd"},
	{200, NO_CODE, "malformed", NO_ETCD},
};

static const char *look_up_end(CURLcode code, const char *words)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].code == code && (!ends[i].part || strstr(words, ends[i].part)))
			return ends[i].advice;
	return NULL;
}

static const char *look_up_answer(const struct etcd_reply *reply)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answered *row = &answers[i];

		if ((row->http_status == ANY || row->http_status == reply->http_status) &&
		    (row->code == ANY || row->code == reply->code) &&
		    (!row->part || strstr(reply->error, row->part)))
			return row->advice;
	}
	/* Not the gateway's: that has a code. 5xx may be a proxy whose etcd is not up yet. */
	if (reply->code == NO_CODE && reply->http_status < 500 && reply->http_status != 200)
		return NO_ETCD;
	return NULL;
}

/* Asking in another way ------------------------------------------------------------------------ */

#define set(curl, option, value) CHECK(curl_easy_setopt(curl, CURLOPT_##option, value) == CURLE_OK)

static size_t forget(char *bytes, size_t one, size_t count, void *context)
{
	(void)bytes, (void)context;
	return one * count;
}

/* A handle that connects to the host of the endpoint's URL, by another scheme. */
static CURL *probe_open(const char *scheme, const char *url, char *words, int64_t deadline_ns)
{
	char other[ETCD_TEXT + 16];
	int left_ms = clock_left_ms(clock_sooner_ns(deadline_ns, PROBE_MS));
	CURL *curl = curl_easy_init();

	CHECK_MEMORY(curl);
	snprintf(other, sizeof(other), "%s%s", scheme, strstr(url, "://"));
	words[0] = '\0';
	set(curl, URL, other);
	set(curl, NOSIGNAL, 1L);
	set(curl, NOPROXY, "*");
	set(curl, PROXY, "");
	set(curl, TIMEOUT_MS, (long)(left_ms ? left_ms : 1));
	set(curl, ERRORBUFFER, words);
	set(curl, WRITEFUNCTION, forget);
	return curl;
}

/* The handshake is all that is asked for; nothing is sent to one that is not verified. */
static bool speaks_tls(const char *url, int64_t deadline_ns)
{
	char words[CURL_ERROR_SIZE];
	CURL *curl = probe_open("https", url, words, deadline_ns);

	set(curl, CONNECT_ONLY, 1L);
	set(curl, SSL_VERIFYPEER, 0L);
	set(curl, SSL_VERIFYHOST, 0L);
	CURLcode code = curl_easy_perform(curl);

	curl_easy_cleanup(curl);
	return code == CURLE_OK || (code == CURLE_SSL_CONNECT_ERROR && strstr(words, "alert"));
}

static bool speaks_plainly(const char *url, int64_t deadline_ns)
{
	char words[CURL_ERROR_SIZE];
	CURL *curl = probe_open("http", url, words, deadline_ns);
	long status = 0;
	CURLcode code = curl_easy_perform(curl);

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	return code == CURLE_OK && status > 0;
}

static const char *refuses_certificate(const struct etcd *client, const char *url,
				       int64_t deadline_ns)
{
	const struct etcd_access *access = client->access;
	char words[CURL_ERROR_SIZE];
	CURL *curl = probe_open("https", url, words, deadline_ns);

	set(curl, CONNECT_ONLY, 1L);
	set(curl, SSLVERSION, (long)CURL_SSLVERSION_MAX_TLSv1_2);
	if (access && access->cacert[0])
		set(curl, CAINFO, access->cacert);
	if (access && access->cert[0])
		set(curl, SSLCERT, access->cert);
	if (access && access->key[0])
		set(curl, SSLKEY, access->key);
	CURLcode code = curl_easy_perform(curl);

	curl_easy_cleanup(curl);
	return look_up_end(code, words);
}

static const char *look_closer(const struct etcd *client, const char *url, int64_t deadline_ns)
{
	if (strncmp(url, "http://", 7) == 0)
		return speaks_tls(url, deadline_ns)
			       ? "it speaks TLS: write https://, and name its authority by --cacert"
			       : NULL;
	if (speaks_plainly(url, deadline_ns))
		return "it does not speak TLS: write http://";
	return refuses_certificate(client, url, deadline_ns);
}

static bool broke_off(int transport)
{
	return transport == CURLE_GOT_NOTHING || transport == CURLE_SSL_CONNECT_ERROR ||
	       transport == CURLE_SEND_ERROR || transport == CURLE_RECV_ERROR;
}

bool etcd_is_hopeless(struct etcd *client, const struct etcd_reply *reply, char why[ETCD_ADVICE],
		      int64_t deadline_ns)
{
	const char *advice;

	if (reply->outcome == ETCD_OK)
		return false;
	if (reply->http_status) {
		advice = look_up_answer(reply);
	} else {
		advice = look_up_end((CURLcode)reply->transport, reply->error);
		if (!advice && broke_off(reply->transport))
			advice =
				look_closer(client, client->endpoint[reply->endpoint], deadline_ns);
	}
	if (advice)
		snprintf(why, ETCD_ADVICE, "%s; %s", reply->error, advice);
	return advice;
}
