/* One endpoint: its URLs, and what it answered. */
#include "etcd/client.h"

#include <stdio.h>

#include "base/invariant.h"
#include "base/text.h"

void client_url(const struct etcd *client, int endpoint, const char *path, char *url)
{
	CHECK(endpoint >= 0 && endpoint < client->endpoints);
	snprintf(url, ETCD_TEXT + 64, "%s/v3beta/%s", client->endpoint[endpoint], path);
}

cJSON *client_read(const struct http *http, const struct http_result *result, int endpoint,
		   struct etcd_reply *reply)
{
	*reply = (struct etcd_reply){.endpoint = endpoint, .code = -1, .sent_ns = result->sent_ns};
	if (!result->why)
		return answer_read(result->status, http->size ? http->answer : "", http->size,
				   reply);
	reply->outcome = etcd_outcome_of_transport(result->sent_ns != 0);
	reply->transport = (int)result->code;
	text_copy(reply->error, sizeof(reply->error), result->why);
	return NULL;
}
