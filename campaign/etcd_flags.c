#include "campaign/etcd_flags.h"

#include <string.h>

/* By name, or by what the name begins with. */
static const struct {
	const char *name;
	bool begins;
	const char *why;
} taken[] = {
	{"name", false, "the harness names the members"},
	{"data-dir", false, "the harness says where the data lies"},
	{"wal-dir", false, "the harness says where the data lies"},
	{"listen-", true, "the harness gives the members their addresses"},
	{"advertise-", true, "the harness gives the members their addresses"},
	{"initial-", true, "the harness makes the cluster"},
	{"force-new-cluster", false, "the harness makes the cluster"},
	{"discovery", true, "the harness makes the cluster"},
	{"proxy", true, "the harness makes the cluster"},
	{"heartbeat-interval", false, "write heartbeat = \"...\" in the cluster block"},
	{"election-timeout", false, "write election = \"...\" in the cluster block"},
	{"config-file", false, "with it etcd reads no other flag"},
	{"enable-grpc-gateway", false, "all that is asked of etcd goes through it"},
	{"log-output", true, "the log goes to logs/ of the run"},
	{"log-rotation", true, "the log goes to logs/ of the run"},
	{"enable-log-rotation", false, "the log goes to logs/ of the run"},
	{"cert-file", false, "the harness speaks plain HTTP"},
	{"key-file", false, "the harness speaks plain HTTP"},
	{"ca-file", false, "the harness speaks plain HTTP"},
	{"client-c", true, "the harness speaks plain HTTP"}, /* -cert-auth, -crl-file */
	{"client-key-file", false, "the harness speaks plain HTTP"},
	{"trusted-ca-file", false, "the harness speaks plain HTTP"},
	{"auto-tls", false, "the harness speaks plain HTTP"},
	{"peer-", true, "the harness speaks plain HTTP"},
	{"version", false, "etcd would say its version and end"},
	{"help", false, "etcd would say its flags and end"},
	{"h", false, "etcd would say its flags and end"},
	{NULL, false, NULL},
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

const char *etcd_flag_trouble(const char *flag)
{
	if (strncmp(flag, "--", 2) != 0)
		return "write \"--name=value\" or \"--name\"";
	const char *name = flag + 2;
	size_t length = strspn(name, letters);

	if (length == 0 || name[0] == '-' || (name[length] && name[length] != '='))
		return "write \"--name=value\" or \"--name\"";
	for (int i = 0; taken[i].name; i++) {
		size_t known = strlen(taken[i].name);

		if (strncmp(name, taken[i].name, known) == 0 &&
		    (taken[i].begins || known == length))
			return taken[i].why;
	}
	return NULL;
}

bool etcd_flag_is_same(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}
