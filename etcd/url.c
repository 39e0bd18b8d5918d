/* URLs of endpoints: libcurl reads them, so that it is no other reader that connects. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "etcd/etcd.h"

static bool has(CURLU *parts, CURLUPart what)
{
	char *part = NULL;
	bool found = curl_url_get(parts, what, &part, 0) == CURLUE_OK;

	curl_free(part);
	return found;
}

static bool has_path(CURLU *parts)
{
	char *path = NULL;
	bool found = curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK && path[1];

	curl_free(path);
	return found;
}

static bool has_port_zero(CURLU *parts)
{
	char *port = NULL;
	bool found = curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK && atoi(port) == 0;

	curl_free(port);
	return found;
}

static const char *parts_trouble(CURLU *parts, const char *url)
{
	switch (curl_url_set(parts, CURLUPART_URL, url, 0)) {
	case CURLUE_OK:
		break;
	case CURLUE_BAD_PORT_NUMBER:
		return "its port is not from 1 to 65535";
	default:
		return "no URL such as http://127.0.0.1:2379";
	}
	if (has_port_zero(parts))
		return "its port is not from 1 to 65535";
	if (has_path(parts) || has(parts, CURLUPART_QUERY) || has(parts, CURLUPART_FRAGMENT) ||
	    url[strlen(url) - 1] == '/')
		return "write http://HOST:PORT or https://HOST:PORT, and nothing behind it";
	return NULL;
}

const char *etcd_url_trouble(const char *url)
{
	if (strchr(url, '@'))
		return "user and password do not stand in a URL, which is stored with the run; say "
		       "--user NAME, and the password by ETCDCTL_PASSWORD or --password-file";
	if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8))
		return "no URL such as http://127.0.0.1:2379 or https://etcd.example:2379";
	if (strlen(url) >= ETCD_TEXT)
		return "it is too long";

	CURLU *parts = curl_url();
	const char *why = parts ? parts_trouble(parts, url) : "no memory to read it";

	curl_url_cleanup(parts);
	return why;
}

void etcd_url_show(const char *url, char shown[ETCD_URL_SHOWN])
{
	const char *host = strrchr(url, '@'), *scheme = strstr(url, "://");

	if (!host)
		text_copy(shown, ETCD_URL_SHOWN, url);
	else if (scheme && scheme < host)
		snprintf(shown, ETCD_URL_SHOWN, "%.*s://...%s", (int)(scheme - url), url, host);
	else
		snprintf(shown, ETCD_URL_SHOWN, "...%s", host);
}
