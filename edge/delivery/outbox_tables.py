"""The tables behind the outbox: what is kept for ever, what an acknowledgement removes, what lives in memory only."""

TABLES = """
CREATE TABLE IF NOT EXISTS box (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    session  INTEGER NOT NULL,
    software TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS revision (            -- kept: what this box ever committed
    report_seq      INTEGER PRIMARY KEY,
    incident_id     TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    phase           TEXT NOT NULL,
    type_id         TEXT NOT NULL,
    camera_id       TEXT NOT NULL,
    payload_sha256  TEXT NOT NULL,
    manifest        BLOB NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    wall_ms         INTEGER NOT NULL,
    monotonic_ms    INTEGER NOT NULL,
    boot_id         TEXT NOT NULL,
    UNIQUE (incident_id, revision)
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (              -- goes when the centre says that it holds the revision
    report_seq INTEGER PRIMARY KEY REFERENCES revision,
    payload    BLOB NOT NULL,
    reason     TEXT                              -- null while queued; else why the centre refused it (set aside)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_reason ON outbox (reason);

CREATE TABLE IF NOT EXISTS urgent (              -- of severity `safety`: goes before all others, whatever its age
    report_seq INTEGER PRIMARY KEY REFERENCES revision
) STRICT;

CREATE TABLE IF NOT EXISTS file (                -- manifests and media; a manifest has no path: its bytes are above
    sha256     TEXT PRIMARY KEY,
    report_seq INTEGER NOT NULL REFERENCES revision,
    bytes      INTEGER NOT NULL,
    path       TEXT,
    state      TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'stored', 'rejected')),
    reason     TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS file_to_send ON file (state, report_seq) WHERE state <> 'stored';

CREATE TABLE IF NOT EXISTS open_incident (       -- the last report of what is not settled yet
    incident_id TEXT PRIMARY KEY,
    payload     BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS command (             -- the newest command of each name, and what the centre was answered
    name       TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    command_id TEXT NOT NULL,
    answer     BLOB NOT NULL
) STRICT;
"""

# Attempts are forgotten with the process: after a restart everything unacknowledged is due at once.
ATTEMPTS = """
CREATE TEMP TABLE IF NOT EXISTS report_attempt (
    report_seq INTEGER PRIMARY KEY, tries INTEGER NOT NULL, due_s REAL NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS file_attempt (
    sha256 TEXT PRIMARY KEY, tries INTEGER NOT NULL, due_s REAL NOT NULL
);
"""
