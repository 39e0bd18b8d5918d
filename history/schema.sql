-- The history of one run: everything that happened, in one SQLite file.
--
-- Version 1 (PRAGMA user_version). A reader refuses a greater version and says so. Within a version
-- columns and tables are only added; numbers that stand for words never change their meaning.
--
-- Times end in _ns: nanoseconds since the run's start (run.start), on CLOCK_MONOTONIC, stamped by
-- the process that acted. Processes on other machines carry their clock's offset in `host`.
-- NULL means "does not apply" or "never happened"; 0 is a number like any other.
-- Words behind the numbers in op.f and op.outcome: tables `function` and `outcome`.
-- To look around, begin with the views: operation, hold, granted, applied, story.

PRAGMA application_id = 0x46454e43; -- "FENC"
PRAGMA user_version = 1;

-- What was run, where and how: version, seed, campaign (the resolved text), start, host, kernel,
-- etcd, members, sandbox, election_ms (etcd's; 0: somebody else's cluster), duration_ns, healed_ns,
-- command (repeats the run), program and directory (of the run: for the next command, where this one was
-- typed), start_wall_ns (the zero of time on the wall clock: to find a place in capture.pcap),
-- capture_packets, capture_bytes, capture_dropped_packets,
-- capture_dropped_bytes, capture_missed_packets, capture_gaps ([[from_s, to_s], ...]),
-- audit (of the members at the end: 'agreed', 'differ' or 'undone', with audit_ns and audit_text),
-- sealed (1 when the run ended in order), ...
CREATE TABLE run (
	key TEXT PRIMARY KEY,
	value
) WITHOUT ROWID;

CREATE TABLE function (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE outcome (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- One variant under test.
CREATE TABLE arm (
	id INTEGER PRIMARY KEY,         -- counts from 0
	name TEXT NOT NULL UNIQUE,
	service TEXT NOT NULL,          -- 'etcd'
	recipe TEXT NOT NULL,           -- 'lock', 'broken-put', ...
	guard TEXT NOT NULL,            -- 'none', 'token', ...: what is promised
	model TEXT NOT NULL,            -- who may hold together: 'mutex', 'rwlock', 'semaphore'
	permits INTEGER NOT NULL,       -- of a semaphore; else 1
	ttl_ms INTEGER NOT NULL,        -- as asked for; what was granted stands in op.ttl_ms
	heartbeat_ms INTEGER NOT NULL,
	retries INTEGER NOT NULL,
	acquire_timeout_ms INTEGER NOT NULL,
	acquire_within_ms INTEGER NOT NULL DEFAULT 0, -- expected: longer, and a lane is stuck; 0: no
	expect TEXT NOT NULL,           -- 'safe', 'unsafe', 'any'
	planted INTEGER NOT NULL DEFAULT 0, -- wrong on purpose: 1 the client, 2 the store; 4: the client is an adapter
	settings TEXT NOT NULL          -- everything else that was set, as a JSON object
);

-- One lock, its resource and its contending workers.
CREATE TABLE lane (
	id INTEGER PRIMARY KEY,         -- counts from 0 over all arms
	arm INTEGER NOT NULL REFERENCES arm,
	name TEXT NOT NULL,             -- 'none/0'
	lock TEXT NOT NULL,             -- the lock's name in the service
	resource TEXT NOT NULL          -- the resource's name in the store
);

CREATE TABLE host (
	id INTEGER PRIMARY KEY,         -- counts from 0
	name TEXT NOT NULL,             -- 'm1', 'store', 'witness', 'none-0-2'
	role TEXT NOT NULL,             -- 'member', 'store', 'witness', 'worker', 'hub'
	address TEXT NOT NULL,
	machine TEXT NOT NULL DEFAULT 'local',
	clock_offset_ns INTEGER NOT NULL DEFAULT 0, -- to add to the host's stamps
	clock_error_ns INTEGER NOT NULL DEFAULT 0   -- at most this wrong after that
);

-- One start of one program on one host; a restart is a new row.
CREATE TABLE process (
	id INTEGER PRIMARY KEY,
	host INTEGER REFERENCES host,
	role TEXT NOT NULL,
	name TEXT NOT NULL,
	client TEXT,                    -- of a worker: recipe or adapter
	arm INTEGER REFERENCES arm,
	lane INTEGER REFERENCES lane,
	worker INTEGER,                 -- number within the lane
	incarnation INTEGER NOT NULL,
	os_pid INTEGER NOT NULL,
	started_ns INTEGER NOT NULL,
	ended_ns INTEGER,
	exit_status INTEGER             -- as from waitpid(2)
);

-- One operation of one worker. id is process << 32 | number; attempt is process << 32 | number.
-- An operation without an answer has returned_ns NULL and outcome info.
CREATE TABLE op (
	id INTEGER PRIMARY KEY,
	process INTEGER NOT NULL,
	arm INTEGER NOT NULL,
	lane INTEGER NOT NULL,
	worker INTEGER NOT NULL,
	attempt INTEGER,
	f INTEGER NOT NULL,
	mode INTEGER NOT NULL,          -- 1: of an attempt that shares the lock with others; else, and
	                                -- of renewals, 0
	outcome INTEGER NOT NULL,
	invoked_ns INTEGER NOT NULL,
	returned_ns INTEGER,
	endpoint INTEGER,               -- index of the member asked
	lease INTEGER,
	key TEXT,
	ttl_ms INTEGER,                 -- granted or renewed, from the answer; 0: lease gone
	token INTEGER,
	revision INTEGER,
	safe_until_ns INTEGER,          -- the worker's safe deadline when it invoked
	version INTEGER,                -- of the resource: read; made by the write; see base_version
	base_version INTEGER,           -- of a write: the version that it was based on
	value INTEGER,
	error TEXT
);

-- A lock key's change as one member told the witness; each change once per member.
CREATE TABLE key_event (
	id INTEGER PRIMARY KEY,
	member INTEGER NOT NULL,
	lane INTEGER,
	deleted INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	create_revision INTEGER,
	lease INTEGER,
	key TEXT NOT NULL,
	seen_ns INTEGER NOT NULL
);

-- Who leads the service, as one member told the witness; a row when a member's word changes. Of
-- several words the one of the greatest term counts. A member that is cut off goes on naming itself
-- for a while.
CREATE TABLE leader (
	at_ns INTEGER NOT NULL,         -- when its answer came: not earlier than the change
	member INTEGER NOT NULL,        -- that told
	leader INTEGER,                 -- that it takes for the leader; NULL: it knows none
	term INTEGER NOT NULL           -- its raft term
);

-- The store's log: its order is the true order of the resource. Of a resource in the service (guard txn)
-- it is the log that its transactions wrote, as the witness was told; then arrived_ns and decided_ns are
-- the time of that sight, and refused reads and writes stand in it too.
CREATE TABLE decision (
	id INTEGER PRIMARY KEY,         -- counts from 1 over all resources
	op INTEGER,                     -- op.id as the client named it
	lane INTEGER NOT NULL,
	f INTEGER NOT NULL,             -- read or write, as in op.f
	accepted INTEGER NOT NULL,
	token INTEGER,
	greatest_token INTEGER NOT NULL, -- seen before; of one who shares the lock: of those who do not
	version_before INTEGER NOT NULL,
	version_after INTEGER NOT NULL,
	value INTEGER,
	arrived_ns INTEGER NOT NULL,
	decided_ns INTEGER NOT NULL,
	reason TEXT
);

-- The resolved schedule, written before anything starts.
CREATE TABLE schedule (
	id INTEGER PRIMARY KEY,
	block TEXT NOT NULL,            -- the campaign's fault block
	at_ns INTEGER NOT NULL,         -- since the load began
	plan TEXT NOT NULL              -- JSON object: kind, target, when, lanes, member, length, ...
);

CREATE TABLE fault (
	id INTEGER PRIMARY KEY,
	schedule INTEGER REFERENCES schedule,
	kind TEXT NOT NULL,
	effect TEXT NOT NULL,           -- on its victim: 'stop', 'stall', 'kill', 'clock', 'packets',
	                                -- 'operator', 'revoke', 'load'
	target TEXT NOT NULL,
	arm INTEGER,
	lane INTEGER,
	process INTEGER,                -- the worker that was hit
	attempt INTEGER,                -- and what it was at
	host INTEGER,
	planned_ns INTEGER NOT NULL,
	length_ns INTEGER NOT NULL,     -- planned
	began_ns INTEGER NOT NULL,
	ended_ns INTEGER,
	bitten INTEGER,                 -- 1: a proof shows it; NULL: never ended
	detail TEXT,
	aimed_ns INTEGER                -- its target was found, at its moment; then it had to take effect
);

CREATE TABLE proof (
	id INTEGER PRIMARY KEY,
	fault INTEGER NOT NULL REFERENCES fault,
	at_ns INTEGER NOT NULL,
	holds INTEGER NOT NULL,
	what TEXT NOT NULL,
	count INTEGER,
	detail TEXT
);

-- Packets on the hub's directed links, by second: of the counts that were read when the second was over,
-- so a row may tell of packets of some hundred ms later. Of a fault's own, see `dropped`.
CREATE TABLE link (
	second INTEGER NOT NULL,
	src INTEGER NOT NULL REFERENCES host,
	dst INTEGER NOT NULL REFERENCES host,
	packets INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	dropped INTEGER NOT NULL
);

-- What each cut and partition dropped, link by link, from its begin until just before its heal: what one
-- fault did is told here; of two that dropped the same packet each counts it. No link, no row.
CREATE TABLE dropped (
	id INTEGER PRIMARY KEY,
	fault INTEGER NOT NULL REFERENCES fault,
	src INTEGER NOT NULL REFERENCES host,
	dst INTEGER NOT NULL REFERENCES host,
	packets INTEGER NOT NULL
);

-- TCP connections of a host, as its own kernel counted them over the run. Not of an existing cluster.
CREATE TABLE connection (
	host INTEGER PRIMARY KEY REFERENCES host,
	opened INTEGER NOT NULL,        -- that the host asked for
	failed INTEGER NOT NULL,        -- refused or timed out; of those that it was asked for, too
	reset INTEGER NOT NULL,         -- established, and ended by a reset
	retransmitted INTEGER NOT NULL  -- segments
);

CREATE TABLE note (
	id INTEGER PRIMARY KEY,
	at_ns INTEGER NOT NULL,
	process INTEGER,
	breaks INTEGER NOT NULL,        -- 1: this alone makes the run BROKEN
	topic TEXT NOT NULL,
	text TEXT NOT NULL
);

-- How many rows the recorder took in: of each table, with process 0, and of each worker's process
-- its operations. A record that has fewer has lost its end.
CREATE TABLE recorded (
	what TEXT NOT NULL,             -- the table's name
	process INTEGER NOT NULL,       -- 0: of all
	rows INTEGER NOT NULL,
	PRIMARY KEY (what, process)
) WITHOUT ROWID;

-- What the checker said, written anew by every check. subject is an arm's name or 'service'.
CREATE TABLE verdict (
	subject TEXT PRIMARY KEY,
	arm INTEGER,
	verdict TEXT NOT NULL,          -- SAFE, UNSAFE, INCONCLUSIVE, BROKEN
	why TEXT NOT NULL,
	exposures INTEGER NOT NULL,
	events INTEGER NOT NULL,        -- exposures that ended in a definite violation
	rate REAL,                      -- events per exposure; NULL without exposures
	rate_low REAL,                  -- 95 % interval
	rate_high REAL
) WITHOUT ROWID;

CREATE TABLE violation (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,             -- 'stale-write', ...
	subject TEXT NOT NULL,          -- arm's name or 'service'
	arm INTEGER,
	lane INTEGER,
	definite INTEGER NOT NULL,      -- 0: possible, it depends on an operation of unknown outcome
	at_ns INTEGER NOT NULL,
	summary TEXT NOT NULL
);

-- How many violations of each name were counted; of very many, only the first stand in `violation`.
CREATE TABLE tally (
	subject TEXT NOT NULL,
	name TEXT NOT NULL,
	definite INTEGER NOT NULL,
	possible INTEGER NOT NULL,
	PRIMARY KEY (subject, name)
) WITHOUT ROWID;

-- What else was counted or measured of a subject; history/verdicts.h lists the names.
CREATE TABLE measure (
	subject TEXT NOT NULL,
	name TEXT NOT NULL,             -- 'guard-tests', 'least-margin-ns', ...
	value INTEGER NOT NULL,         -- what does not apply has no row
	PRIMARY KEY (subject, name)
) WITHOUT ROWID;

-- Whether an arm's locks were exclusive: by what its workers believed (level 'client', which fails by
-- design when a holder is paused), and by what the service's answers prove ('service').
CREATE TABLE exclusion (
	subject TEXT NOT NULL,          -- arm's name
	level TEXT NOT NULL,
	verdict TEXT NOT NULL,          -- 'held', 'failed', 'unknown'
	procedure TEXT NOT NULL,        -- that decided: 'T2', ...
	holds INTEGER NOT NULL,
	violations INTEGER NOT NULL,    -- disjoint pairs of holds that cannot stand together
	PRIMARY KEY (subject, level)
) WITHOUT ROWID;

-- What was planned of each kind of fault at each moment, and what came of it.
CREATE TABLE coverage (
	kind TEXT NOT NULL,             -- as in fault.kind
	moment TEXT NOT NULL,           -- the plan's "when"; 'unplanned' for faults of no schedule
	planned INTEGER NOT NULL,       -- occasions in the schedule; each may be several faults
	injected INTEGER NOT NULL,      -- faults
	bitten INTEGER NOT NULL,        -- those with a proof
	exposures INTEGER NOT NULL,     -- of arms, with one of these behind it
	violations INTEGER NOT NULL,    -- definite ones that cite one of these as cover
	PRIMARY KEY (kind, moment)
) WITHOUT ROWID;

-- Holds that a bitten fault ended unasked: how long until somebody held that lock again. The failover
-- begins with the fault (fault.began_ns), which began when the hold was believed.
CREATE TABLE failover (
	arm INTEGER NOT NULL,
	lane INTEGER NOT NULL,
	fault INTEGER NOT NULL REFERENCES fault,
	attempt INTEGER NOT NULL,       -- whose hold it ended
	to_ns INTEGER,                  -- of a taken one: when somebody held the lock again
	ended TEXT NOT NULL,            -- 'taken'; 'unwanted', for some of the time nobody tried;
	                                -- 'cut-off', by the end of the run
	led_anew INTEGER                -- the leader changed meanwhile; NULL: unknown
);

-- Times in which at every instant somebody of the lane tried and nobody acquired: of each arm those of
-- at least half a TTL, and of these the longest.
CREATE TABLE gap (
	arm INTEGER NOT NULL,
	lane INTEGER NOT NULL,
	from_ns INTEGER NOT NULL,
	to_ns INTEGER NOT NULL
);

-- What the verdict rests on (exposures, or tests of a guard), by occasion: an entry of the schedule.
CREATE TABLE occasion (
	subject TEXT PRIMARY KEY,
	occasions INTEGER NOT NULL,     -- behind which there were any
	harmed INTEGER NOT NULL,        -- of these, with one that went wrong
	harmed_low REAL,                -- 95 % interval of that share
	harmed_high REAL,
	rate_low REAL,                  -- of verdict.rate, with the occasion as the unit
	rate_high REAL
) WITHOUT ROWID;

-- The rows that prove a violation, each with the part it plays ('holder', 'later holder', 'write').
CREATE TABLE evidence (
	violation INTEGER NOT NULL REFERENCES violation,
	kind TEXT NOT NULL,             -- 'op', 'attempt', 'key_event', 'decision', 'fault'
	ref INTEGER NOT NULL,           -- its id
	part TEXT NOT NULL
);

-- Views for people ------------------------------------------------------------------------------

-- Every operation with its words and in seconds.
CREATE VIEW operation AS
SELECT op.id, lane.name AS lane, op.worker, op.attempt & 0xffffffff AS attempt,
       function.name AS f, outcome.name AS outcome,
       round(op.invoked_ns / 1e9, 6) AS invoked_s, round(op.returned_ns / 1e9, 6) AS returned_s,
       round((op.returned_ns - op.invoked_ns) / 1e6, 3) AS took_ms,
       op.token, op.base_version, op.version, op.value, op.revision, op.endpoint, op.error
FROM op JOIN function ON function.id = op.f JOIN outcome ON outcome.id = op.outcome
JOIN lane ON lane.id = op.lane;

-- Believed holds: from the answer of the attempt's first acquire that was ok, until the worker gave the
-- lock up, learned its loss, or died (by a kill: with its begin); NULL: never. checker/holds tells the
-- same, and a test compares them.
CREATE VIEW hold AS
WITH answer AS (
	SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY lane, attempt
	                                            ORDER BY invoked_ns, id) AS nth
	               FROM op WHERE f = 3 AND outcome = 1 AND attempt IS NOT NULL)
	WHERE nth = 1
), given_up AS (
	SELECT answer.id, min(op.invoked_ns) AS at_ns
	FROM answer JOIN op ON op.attempt = answer.attempt AND op.lane = answer.lane
	     AND op.f IN (7, 8, 9) AND op.invoked_ns >= answer.returned_ns
	GROUP BY answer.id
), killed AS (
	SELECT process, min(began_ns) AS at_ns FROM fault
	WHERE effect = 'kill' AND bitten GROUP BY process
)
SELECT answer.attempt, answer.arm, answer.lane, answer.worker, answer.process, answer.lease,
       answer.key, answer.mode, returned_ns AS began_ns,
       nullif(max(returned_ns, min(coalesce(given_up.at_ns, 9223372036854775807),
                                   coalesce(ended_ns, 9223372036854775807),
                                   coalesce(killed.at_ns, 9223372036854775807))),
              9223372036854775807) AS ended_ns
FROM answer LEFT JOIN given_up ON given_up.id = answer.id
LEFT JOIN killed ON killed.process = answer.process
LEFT JOIN process ON process.id = answer.process;

-- Granted keys: from the revision that put the key until the one that removed it or put it for another
-- lease, each with the first moment at which any member told of it.
CREATE VIEW granted AS
WITH change AS ( -- what happened to each key: the first member's word on each revision
	SELECT lane, key, revision, deleted, create_revision, lease, seen_ns
	FROM (SELECT *, row_number() OVER (PARTITION BY lane, key, revision
	                                   ORDER BY seen_ns, id) AS nth FROM key_event)
	WHERE nth = 1 AND lane IS NOT NULL
), told AS (
	SELECT *, NOT deleted AND
	       (lag(deleted, 1, 1) OVER before OR lag(lease) OVER before IS NOT lease
	        OR coalesce(create_revision, 0) > lag(revision) OVER before) AS begins
	FROM change WINDOW before AS (PARTITION BY lane, key ORDER BY revision)
), turn AS (
	SELECT *, lead(revision) OVER following AS removed_revision,
	       lead(seen_ns) OVER following AS removed_ns
	FROM told WHERE begins OR deleted
	WINDOW following AS (PARTITION BY lane, key ORDER BY revision)
)
SELECT lane, key, create_revision, revision, lease, seen_ns AS created_ns, removed_revision, removed_ns
FROM turn WHERE begins;

-- Writes that changed the resource, in their true order, with who wrote.
CREATE VIEW applied AS
SELECT decision.id, lane.name AS lane, op.worker, op.attempt & 0xffffffff AS attempt,
       decision.token, decision.version_after AS version, op.base_version,
       round(decision.decided_ns / 1e9, 6) AS at_s
FROM decision JOIN lane ON lane.id = decision.lane LEFT JOIN op ON op.id = decision.op
WHERE decision.f = 6 AND decision.accepted;

-- The violations with their evidence, one line each.
CREATE VIEW story AS
SELECT violation.id, violation.subject, violation.name,
       CASE definite WHEN 1 THEN 'definite' ELSE 'possible' END AS certainty,
       round(at_ns / 1e9, 3) AS at_s, summary,
       (SELECT group_concat(part || ' = ' || kind || ' ' || ref, '; ') FROM evidence
        WHERE evidence.violation = violation.id) AS evidence
FROM violation LEFT JOIN lane ON lane.id = violation.lane;
