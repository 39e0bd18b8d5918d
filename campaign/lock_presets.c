#include "campaign/lock_presets.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Of etcd's Go client: renewals are sent each half second from a third of the TTL on, until a
 * deadline that it looks at each second. */
#define GO_LEASE                                                                                   \
	"etcd client/v3/lease.go at cb818ff (keepalive TTL / 3, retryConnWait, deadlineLoop)"

/* X(name, system, on etcd, TTL s, heartbeat ms, retries, time-out ms, retry after ms, renew
 * deadline ms, releases, ends, source, what is special), by name within those on etcd and the
 * others. */
#define PRESETS(X)                                                                                 \
	X("cilium", "Cilium's locks in its kvstore", true, 25, 8333, 35, 500, 500, 0, false,       \
	  RECEIPT, "cilium pkg/defaults/defaults.go at c547745 (LockLeaseTTL); " GO_LEASE,         \
	  "what is no lock lies on a lease of 15 minutes of its own")                              \
	X("concurrency-session", "Go's concurrency.Session, etcd's own", true, 60, 20000, 82, 500, \
	  500, 0, false, RECEIPT,                                                                  \
	  "etcd client/v3/concurrency/session.go at 0d6f42a (defaultSessionTTL); " GO_LEASE,       \
	  "Done() closes up to a second after the deadline, which counts from the receipt of an "  \
	  "answer")                                                                                \
	X("etcd-cpp-apiv3", "etcd-cpp-apiv3's lock", true, 10, 9000, 1, 10000, 0, 0, false,        \
	  FAILURES,                                                                                \
	  "etcd-cpp-apiv3 src/SyncClient.cpp at 024abf4 (DEFAULT_LEASE_TTL_FOR_LOCK) and "         \
	  "src/KeepAlive.cpp at 0ed7bee (TTL - 1 s); its time-out is the application's: not "      \
	  "verified, a TTL here",                                                                  \
	  "one renewal, a second before the end; the first that fails ends it")                    \
	X("etcdctl-lock", "etcdctl lock", true, 10, 3333, 15, 500, 500, 0, false, NEVER,           \
	  "etcd etcdctl/ctlv3/command/lock_command.go at 0408bce (lockTTL); " GO_LEASE,            \
	  "the command that it runs is not told that the lock is lost, and goes on")               \
	X("jetcd", "jetcd's keepAlive", true, 10, 3333, 15, 500, 500, 0, false, WALL_CLOCK,        \
	  "jetcd LeaseImpl.java at 05f92e0 (TTL / 3, each 500 ms, deadline each second by "        \
	  "currentTimeMillis); the TTL is the application's: 10 s here",                           \
	  "a step of the wall clock moves both the renewals and the deadline")                     \
	X("node-etcd3", "node etcd3's lock", true, 30, 10000, 5, 10000, 0, 0, false, WALL_CLOCK,   \
	  "microsoft/etcd3 src/lock.ts at 1d49267 (leaseTTL) and src/lease.ts at 002a379 "         \
	  "(keepalive)",                                                                           \
	  "tells of the loss 2 TTLs after the last answer, and only when the stream failed")       \
	X("patroni", "Patroni's leader key", true, 30, 10000, 2, 10000, 0, 0, false, FAILURES,     \
	  "patroni/config.py at 4328c15 (ttl 30, loop_wait 10, retry_timeout 10), and later "      \
	  "_validate_and_adjust_timeouts (loop_wait + 2 retry_timeout <= ttl)",                    \
	  "its rule allows that both come at once; a watchdog 5 s before the TTL is to stop it")   \
	X("python-etcd3", "python-etcd3's Lock", true, 60, 0, 1, 100, 0, 0, false, NEVER,          \
	  "python-etcd3 etcd3/locks.py at 015840e (ttl=60, refresh)",                              \
	  "renews only when the application calls refresh()")                                      \
	X("stolon", "stolon's sentinel", true, 20, 6667, 28, 500, 500, 0, false, RECEIPT,          \
	  "stolon internal/store/kvbacked.go at 0dbb2c2 (MinTTL) and etcdv3.go at "                \
	  "3c50784; " GO_LEASE,                                                                    \
	  "20 s because Consul, which it also runs on, takes no less than 10 s, halved")           \
	X("tikv-pd", "TiKV's placement driver", true, 5, 1667, 2, 1667, 1667, 0, false, SENDING,   \
	  "tikv/pd pkg/election/lease.go at 058e36a and pkg/mcs/utils/constant/constant.go at "    \
	  "0ee07b2 (DefaultLease 5; 3 before)",                                                    \
	  "each renewal is on its own, and the deadline counts from its sending")                  \
	X("vault", "Vault on etcd", true, 15, 5000, 22, 500, 500, 0, false, RECEIPT,               \
	  "vault physical/etcd/etcd3.go at 0522303 (etcd3LockTimeoutInSeconds); " GO_LEASE,        \
	  "a quarter of the library's TTL, for a faster recovery")                                 \
	X("vitess", "Vitess' topology locks", true, 30, 10000, 42, 500, 500, 0, false, NEVER,      \
	  "vitess go/vt/topo/etcd2topo/lock.go at 0809dad (leaseTTL, Check); " GO_LEASE,           \
	  "drops what the renewals tell; who wants to know calls Check(), which renews once")      \
	X("client-go", "Kubernetes' leader election", false, 15, 2000, 5, 2000, 2000, 10000,       \
	  false, FAILURES,                                                                         \
	  "kubernetes component-base/config/v1alpha1/defaults.go at 008b365 (15 / 10 / 2); "       \
	  "client-go tools/leaderelection",                                                        \
	  "leads on for RetryPeriod + RenewDeadline, and with ReleaseOnCancel for another "        \
	  "RenewDeadline")                                                                         \
	X("consul", "Consul's api.Lock", false, 30, 7500, 8, 1000, 1000, 0, false, FAILURES,       \
	  "consul api/lock.go at 14691f7 (DefaultLockSessionTTL 15s, renewed at half of it), "     \
	  "api/session.go at 0f017e5 (RenewPeriodic), agent/consul/session_ttl.go at 6eb104f (x "  \
	  "2); the "                                                                               \
	  "time-out is the application's: not verified, 1 s here",                                 \
	  "asks for 15 s and the server counts twice that, then a lock-delay of 15 s")             \
	X("curator", "Curator on ZooKeeper", false, 40, 10000, 2, 6667, 10000, 0, false, RECEIPT,  \
	  "curator CuratorFrameworkFactory.java at 5832891 (60 s asked); of "                      \
	  "zookeeper, read in copies: ClientCnxn.java (disconnects at 2/3, pings each 10 s at "    \
	  "least), ZooKeeperServer.java (at most 20 ticks of 2 s)",                                \
	  "asks for 60 s and gets 40; who does not stop at SUSPENDED, after 2/3, may be late")     \
	X("dynamodb", "Amazon's DynamoDB lock client", false, 20, 5000, 3, 5000, 0, 0, false,      \
	  SENDING,                                                                                 \
	  "amazon-dynamodb-lock-client AmazonDynamoDBLockClientOptions.java at 02ae4bd (20 / 5); " \
	  ""                                                                                       \
	  "AmazonDynamoDBLockClient.java, read in copies (lastUpdateOfLock)",                      \
	  "each candidate counts the lease by its own clock from when it saw it change")           \
	X("kube-vip", "kube-vip", false, 5, 1000, 3, 1000, 1000, 3000, true, FAILURES,             \
	  "kube-vip cmd/kube-vip.go at 00337a7 (5 / 3 / 1), "                                      \
	  "pkg/cluster/clusterLeaderElection.go at 3d90df1 (ReleaseOnCancel)",                     \
	  "client-go's election with its times a third as long, and ReleaseOnCancel")              \
	X("openshift", "OpenShift's operators", false, 137, 26000, 4, 26750, 26000, 107000, true,  \
	  FAILURES,                                                                                \
	  "openshift/library-go pkg/config/leaderelection/leaderelection.go at da7c185 (137 / "    \
	  "107 / 26, ReleaseOnCancel)",                                                            \
	  "says that it bears 30 s of skew of the clocks; without ReleaseOnCancel 4 s are left")   \
	X("openshift-single", "OpenShift on a single node", false, 270, 60000, 4, 60000, 60000,    \
	  240000, true, FAILURES,                                                                  \
	  "openshift/library-go pkg/config/leaderelection/leaderelection.go at da7c185 "           \
	  "(LeaderElectionSNOConfig: 270 / 240 / 60, ReleaseOnCancel)",                            \
	  "RetryPeriod + RenewDeadline are 30 s more than its LeaseDuration")                      \
	X("redisson", "Redisson's lock watchdog on Redis", false, 30, 10000, 1, 10000, 0, 0,       \
	  false, NEVER,                                                                            \
	  "redisson Config.java at 6aea8fe (lockWatchdogTimeout 30 s, renewed at a third); its "   \
	  "time-outs: not verified, 10 s here",                                                    \
	  "the thread that holds the lock is not told that it could not be renewed")

#define ROW(name, system, on_etcd, ttl, heartbeat, retries, timeout, after, deadline, releases,    \
	    ends, source, special)                                                                 \
	{name,     system,   on_etcd,           ttl,    heartbeat, retries, timeout, after,        \
	 deadline, releases, LEASE_ENDS_##ends, source, special},
#define NAME(name, ...) name,
const struct lock_preset lock_presets[] = {PRESETS(ROW){.name = NULL}};
const char *const lock_preset_names[] = {"none", PRESETS(NAME) NULL};

#define X(name, word, sentence) word,
const char *const lease_end_words[] = {LEASE_ENDS(X) NULL};
#undef X
#define X(name, word, sentence) sentence,
const char *const lease_end_sentences[] = {LEASE_ENDS(X) NULL};
#undef X

const struct lock_preset *lock_preset_find(const char *name)
{
	const struct lock_preset *preset = lock_presets;

	while (preset->name && strcmp(preset->name, name) != 0)
		preset++;
	return preset->name ? preset : NULL;
}

char *lock_preset_says(const struct lock_preset *preset)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fprintf(out, "ttl = '%ds' heartbeat = '%dms' retries = %d renew-timeout = '%dms'",
		preset->ttl_s, preset->heartbeat_ms, preset->retries, preset->renew_timeout_ms);
	if (preset->retry_after_ms)
		fprintf(out, " retry-after = '%dms'", preset->retry_after_ms);
	text_end(out, &text);
	return text;
}
