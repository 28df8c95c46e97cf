"""The schema of the journal, as numbered steps: a file of version N has been through the first N of them.

A step that was released is never changed; what is new becomes a step of its own. Each runs in one transaction, on a
journal of any size and with any content that an earlier mailbot left; no statement in it holds a semicolon. With a new
step comes a file of its version: ``python tests/states.py``. Events need none: ``fold`` reads those of every time."""

from __future__ import annotations

MIGRATIONS = (
    """
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX event_job ON event (job, seq);
CREATE INDEX event_kind ON event (kind, at);
CREATE TABLE job (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL, state TEXT NOT NULL,
    open INTEGER NOT NULL, limited INTEGER NOT NULL, asked_at REAL NOT NULL, UNIQUE (account, key, generation));
CREATE INDEX job_open ON job (account) WHERE open;
CREATE INDEX job_asked ON job (account, asked_at);
CREATE TABLE blob (job TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (job, name));
CREATE TABLE folder (
    account TEXT NOT NULL, folder TEXT NOT NULL, uidvalidity INTEGER NOT NULL, PRIMARY KEY (account, folder));
CREATE TABLE star (
    account TEXT NOT NULL, key TEXT NOT NULL, twin TEXT NOT NULL, up INTEGER NOT NULL, PRIMARY KEY (account, key));
CREATE INDEX star_twin ON star (account, twin);
CREATE TABLE place (
    account TEXT NOT NULL, folder TEXT NOT NULL, uid INTEGER NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (account, folder, uid));
CREATE TABLE note (scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, name));
""",
)
