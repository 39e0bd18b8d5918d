-- Built when the run is sealed: an index costs the recorder at every row, and nobody asks before.
CREATE INDEX IF NOT EXISTS op_by_lane ON op (lane, invoked_ns);
CREATE INDEX IF NOT EXISTS op_by_attempt ON op (attempt, f);
CREATE INDEX IF NOT EXISTS key_event_by_lane ON key_event (lane, revision);
CREATE INDEX IF NOT EXISTS decision_by_lane ON decision (lane, id);
CREATE INDEX IF NOT EXISTS decision_by_op ON decision (op);
CREATE INDEX IF NOT EXISTS fault_by_time ON fault (began_ns);
CREATE INDEX IF NOT EXISTS evidence_by_violation ON evidence (violation);
