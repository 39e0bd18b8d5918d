-- An interrupted run in which the service broke a promise: while its leader was cut off it granted one lock twice.
-- Rows of history/schema.sql; tests/golden/make-pages makes the page.
INSERT INTO run (key, value) VALUES
('campaign', 'name = ''golden''' || char(10) || 'duration = "8 s"' || char(10) || ''),
('campaign_name', 'golden-accused'),
('command', 'fencepost run golden.conf --seed 20261120'),
('directory', 'runs/golden'),
('duration_ns', 5000000000),
('election_ms', 1000),
('etcd', '3.4.23'),
('fencepost', '0.1.0'),
('healed_ns', 4500000000),
('interrupted', 1),
('machine', 'Linux 6.1.0-18-amd64 x86_64'),
('program', 'fencepost'),
('sandbox', 'namespaces'),
('sealed', 1),
('seed', 20261120),
('service_expect', 'any'),
('start', '2026-01-01T00:00:00Z'),
('started', '2026-11-20T19:15:16Z');
INSERT INTO function (id, name) VALUES
(1, 'lease-grant'),
(2, 'keepalive'),
(3, 'acquire'),
(4, 'token'),
(5, 'read'),
(6, 'write'),
(7, 'release'),
(8, 'lease-revoke'),
(9, 'lose');
INSERT INTO outcome (id, name) VALUES
(0, 'info'),
(1, 'ok'),
(2, 'fail');
INSERT INTO arm (id, name, service, recipe, guard, model, permits, ttl_ms, heartbeat_ms, retries, acquire_timeout_ms, acquire_within_ms, expect, planted, settings) VALUES
(0, 'token', 'etcd', 'lock', 'token', 'mutex', 1, 2000, 600, 3, 10000, 0, 'safe', 0, '{}');
INSERT INTO lane (id, arm, name, lock, resource) VALUES
(0, 0, 'token/0', 'lock/token/0', 'token/0');
INSERT INTO host (id, name, role, address, machine, clock_offset_ns, clock_error_ns) VALUES
(0, 'm1', 'member', '10.77.0.1', 'local', 0, 0),
(1, 'm2', 'member', '10.77.0.2', 'local', 0, 0),
(2, 'm3', 'member', '10.77.0.3', 'local', 0, 0),
(3, 'w-0-1', 'worker', '10.77.0.4', 'local', 0, 0),
(4, 'w-0-0', 'worker', '10.77.0.5', 'local', 0, 0),
(5, 'w-0-2', 'worker', '10.77.0.6', 'local', 0, 0),
(6, 'store', 'store', '10.77.0.200', 'local', 0, 0);
INSERT INTO process (id, host, role, name, client, arm, lane, worker, incarnation, os_pid, started_ns) VALUES
(1, 3, 'worker', 'w-0-1', 'lock', 0, 0, 1, 1, 1001, 0),
(2, 4, 'worker', 'w-0-0', 'lock', 0, 0, 0, 1, 1002, 0),
(3, 5, 'worker', 'w-0-2', 'lock', 0, 0, 2, 1, 1003, 0);
INSERT INTO op (id, process, arm, lane, worker, attempt, f, mode, outcome, invoked_ns, returned_ns, endpoint, lease, key, ttl_ms, token, revision, safe_until_ns, version, base_version, value, error) VALUES
(4294967297, 1, 0, 0, 1, 4294967297, 1, 0, 1, 170000000, 171000000, 0, 7041, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4294967298, 1, 0, 0, 1, 4294967297, 3, 0, 1, 171500000, 200000000, 0, 7041, 'lock/token/0/1b81', NULL, NULL, 200, NULL, NULL, NULL, NULL, NULL),
(4294967299, 1, 0, 0, 1, 4294967297, 4, 0, 1, 200100000, 200600000, 0, 7041, 'lock/token/0/1b81', NULL, 200, 200, NULL, NULL, NULL, NULL, NULL),
(4294967300, 1, 0, 0, 1, 4294967297, 5, 0, 1, 202000000, 202600000, 0, NULL, NULL, NULL, 200, NULL, 1202000000, 0, NULL, 0, NULL),
(4294967301, 1, 0, 0, 1, 4294967297, 2, 0, 1, 300000000, 301000000, 0, 7041, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4294967302, 1, 0, 0, 1, 4294967297, 6, 0, 1, 350000000, 350600000, 0, NULL, NULL, NULL, 200, NULL, 1350000000, 1, 0, 350000, NULL),
(4294967303, 1, 0, 0, 1, 4294967297, 7, 0, 1, 400000000, 401000000, 0, 7041, 'lock/token/0/1b81', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4294967304, 1, 0, 0, 1, 4294967298, 1, 0, 1, 3470000000, 3471000000, 0, 7044, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4294967305, 1, 0, 0, 1, 4294967298, 3, 0, 1, 3471500000, 3500000000, 0, 7044, 'lock/token/0/1b84', NULL, NULL, 3500, NULL, NULL, NULL, NULL, NULL),
(4294967306, 1, 0, 0, 1, 4294967298, 4, 0, 1, 3500100000, 3500600000, 0, 7044, 'lock/token/0/1b84', NULL, 3500, 3500, NULL, NULL, NULL, NULL, NULL),
(4294967307, 1, 0, 0, 1, 4294967298, 5, 0, 1, 3502000000, 3502600000, 0, NULL, NULL, NULL, 3500, NULL, 4502000000, 2, NULL, 1800000, NULL),
(4294967308, 1, 0, 0, 1, 4294967298, 2, 0, 1, 3600000000, 3601000000, 0, 7044, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4294967309, 1, 0, 0, 1, 4294967298, 6, 0, 1, 3650000000, 3650600000, 0, NULL, NULL, NULL, 3500, NULL, 4650000000, 3, 2, 3650000, NULL),
(4294967310, 1, 0, 0, 1, 4294967298, 7, 0, 1, 3700000000, 3701000000, 0, 7044, 'lock/token/0/1b84', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(8589934593, 2, 0, 0, 0, 8589934593, 1, 0, 1, 700000000, 701000000, 0, 7042, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(8589934594, 2, 0, 0, 0, 8589934593, 3, 0, 1, 701500000, 800000000, 0, 7042, 'lock/token/0/1b82', NULL, NULL, 800, NULL, NULL, NULL, NULL, NULL),
(8589934595, 2, 0, 0, 0, 8589934593, 4, 0, 1, 800100000, 800600000, 0, 7042, 'lock/token/0/1b82', NULL, 800, 800, NULL, NULL, NULL, NULL, NULL),
(8589934596, 2, 0, 0, 0, 8589934593, 5, 0, 1, 802000000, 802600000, 0, NULL, NULL, NULL, 800, NULL, 1802000000, 1, NULL, 350000, NULL),
(8589934597, 2, 0, 0, 0, 8589934593, 2, 0, 1, 1000000000, 1001000000, 0, 7042, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(8589934598, 2, 0, 0, 0, 8589934593, 2, 0, 1, 1600000000, 1601000000, 0, 7042, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(8589934599, 2, 0, 0, 0, 8589934593, 6, 0, 2, 1850000000, 1850600000, 0, NULL, NULL, NULL, 800, NULL, 2850000000, 2, 1, 1850000, 'token is smaller than the greatest seen'),
(8589934600, 2, 0, 0, 0, 8589934593, 7, 0, 1, 2000000000, 2001000000, 0, 7042, 'lock/token/0/1b82', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(12884901889, 3, 0, 0, 2, 12884901889, 1, 0, 1, 1200000000, 1201000000, 0, 7043, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(12884901890, 3, 0, 0, 2, 12884901889, 3, 0, 1, 1201500000, 1500000000, 0, 7043, 'lock/token/0/1b83', NULL, NULL, 1500, NULL, NULL, NULL, NULL, NULL),
(12884901891, 3, 0, 0, 2, 12884901889, 4, 0, 1, 1500100000, 1500600000, 0, 7043, 'lock/token/0/1b83', NULL, 1500, 1500, NULL, NULL, NULL, NULL, NULL),
(12884901892, 3, 0, 0, 2, 12884901889, 5, 0, 1, 1502000000, 1502600000, 0, NULL, NULL, NULL, 1500, NULL, 2502000000, 1, NULL, 350000, NULL),
(12884901893, 3, 0, 0, 2, 12884901889, 2, 0, 1, 1700000000, 1701000000, 0, 7043, NULL, 2000, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(12884901894, 3, 0, 0, 2, 12884901889, 6, 0, 1, 1800000000, 1800600000, 0, NULL, NULL, NULL, 1500, NULL, 2800000000, 2, 1, 1800000, NULL),
(12884901895, 3, 0, 0, 2, 12884901889, 7, 0, 1, 1900000000, 1901000000, 0, 7043, 'lock/token/0/1b83', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO key_event (id, member, lane, deleted, revision, create_revision, lease, key, seen_ns) VALUES
(1, 0, 0, 0, 200, 200, 7041, 'lock/token/0/1b81', 199200000),
(2, 1, 0, 0, 200, 200, 7041, 'lock/token/0/1b81', 199400000),
(3, 2, 0, 0, 200, 200, 7041, 'lock/token/0/1b81', 199600000),
(4, 0, 0, 1, 401, 200, NULL, 'lock/token/0/1b81', 400500000),
(5, 1, 0, 1, 401, 200, NULL, 'lock/token/0/1b81', 400700000),
(6, 2, 0, 1, 401, 200, NULL, 'lock/token/0/1b81', 400900000),
(7, 0, 0, 0, 800, 800, 7042, 'lock/token/0/1b82', 799200000),
(8, 1, 0, 0, 800, 800, 7042, 'lock/token/0/1b82', 799400000),
(9, 2, 0, 0, 800, 800, 7042, 'lock/token/0/1b82', 799600000),
(10, 0, 0, 0, 1500, 1500, 7043, 'lock/token/0/1b83', 1499200000),
(11, 1, 0, 0, 1500, 1500, 7043, 'lock/token/0/1b83', 1499400000),
(12, 2, 0, 0, 1500, 1500, 7043, 'lock/token/0/1b83', 1499600000),
(13, 0, 0, 1, 1901, 1500, NULL, 'lock/token/0/1b83', 1900500000),
(14, 1, 0, 1, 1901, 1500, NULL, 'lock/token/0/1b83', 1900700000),
(15, 2, 0, 1, 1901, 1500, NULL, 'lock/token/0/1b83', 1900900000),
(16, 0, 0, 1, 2001, 800, NULL, 'lock/token/0/1b82', 2000500000),
(17, 1, 0, 1, 2001, 800, NULL, 'lock/token/0/1b82', 2000700000),
(18, 2, 0, 1, 2001, 800, NULL, 'lock/token/0/1b82', 2000900000),
(19, 0, 0, 0, 3500, 3500, 7044, 'lock/token/0/1b84', 3499200000),
(20, 1, 0, 0, 3500, 3500, 7044, 'lock/token/0/1b84', 3499400000),
(21, 2, 0, 0, 3500, 3500, 7044, 'lock/token/0/1b84', 3499600000),
(22, 0, 0, 1, 3701, 3500, NULL, 'lock/token/0/1b84', 3700500000),
(23, 1, 0, 1, 3701, 3500, NULL, 'lock/token/0/1b84', 3700700000),
(24, 2, 0, 1, 3701, 3500, NULL, 'lock/token/0/1b84', 3700900000);
INSERT INTO leader (at_ns, member, leader, term) VALUES
(5000000, 0, 2, 2),
(5000000, 1, 2, 2),
(5000000, 2, 2, 2),
(2200000000, 0, 0, 3),
(2210000000, 1, 0, 3),
(3200000000, 2, 0, 3);
INSERT INTO decision (id, op, lane, f, accepted, token, greatest_token, version_before, version_after, value, arrived_ns, decided_ns, reason) VALUES
(1, 4294967300, 0, 5, 1, 200, 0, 0, 0, 0, 202300000, 202300000, NULL),
(2, 4294967302, 0, 6, 1, 200, 200, 0, 1, 350000, 350300000, 350300000, NULL),
(3, 8589934596, 0, 5, 1, 800, 200, 1, 1, 350000, 802300000, 802300000, NULL),
(4, 12884901892, 0, 5, 1, 1500, 800, 1, 1, 350000, 1502300000, 1502300000, NULL),
(5, 12884901894, 0, 6, 1, 1500, 1500, 1, 2, 1800000, 1800300000, 1800300000, NULL),
(6, 8589934599, 0, 6, 0, 800, 1500, 2, 2, 1850000, 1850300000, 1850300000, 'token is smaller than the greatest seen'),
(7, 4294967307, 0, 5, 1, 3500, 1500, 2, 2, 1800000, 3502300000, 3502300000, NULL),
(8, 4294967309, 0, 6, 1, 3500, 3500, 2, 3, 3650000, 3650300000, 3650300000, NULL);
INSERT INTO fault (id, kind, effect, target, host, planned_ns, length_ns, began_ns, ended_ns, bitten, detail) VALUES
(1, 'cut', 'packets', 'leader', 2, 1100000000, 2000000000, 1100000000, 3100000000, 1, 'm3 cut off from its peers');
INSERT INTO proof (id, fault, at_ns, holds, what, count) VALUES
(1, 1, 0, 1, 'packets dropped', 31);
INSERT INTO note (id, at_ns, breaks, topic, text) VALUES
(1, 10000000, 0, 'load', 'the load begins: 3 workers in 1 lane');
INSERT INTO recorded (what, process, rows) VALUES
('decision', 0, 8),
('dropped', 0, 0),
('fault', 0, 1),
('key_event', 0, 24),
('leader', 0, 6),
('link', 0, 0),
('note', 0, 1),
('op', 0, 29),
('op', 1, 14),
('op', 2, 8),
('op', 3, 7),
('process', 0, 3),
('proof', 0, 1),
('schedule', 0, 0);
