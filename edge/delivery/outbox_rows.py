"""The outbox's statements: rows in, rows out; no locks, no transactions."""

import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any

from contract.heartbeat import ChainPosition as ChainHead
from edge.clock import Moment
from edge.delivery.queued import CommittedIncident, QueuedFile, QueuedReport
from edge.delivery.revision import Revision

REVISION = "report_seq, incident_id, revision, phase, type_id, camera_id, payload_sha256, manifest, manifest_sha256"


def head(connection: sqlite3.Connection) -> ChainHead:
    row = connection.execute(
        "SELECT report_seq, manifest_sha256 FROM revision ORDER BY report_seq DESC LIMIT 1"
    ).fetchone()
    return ChainHead(seq=0) if row is None else ChainHead(seq=row[0], sha256=row[1])


def find(connection: sqlite3.Connection, incident_id: str, revision: int) -> Revision | None:
    """The revision as it was committed; its payload is empty once the centre has it, its files are not listed."""
    row = connection.execute(
        f"SELECT {REVISION}, (SELECT payload FROM outbox WHERE outbox.report_seq = revision.report_seq)"  # noqa: S608
        " FROM revision WHERE incident_id = ? AND revision = ?",
        (incident_id, revision),
    ).fetchone()
    if row is None:
        return None
    return Revision(
        report_seq=row[0],
        incident_id=row[1],
        revision=row[2],
        phase=row[3],
        type_id=row[4],
        camera_id=row[5],
        payload_sha256=row[6],
        manifest=row[7],
        manifest_sha256=row[8],
        payload=row[9] or b"",
        files=(),
    )


def committed(connection: sqlite3.Connection, incident_ids: Collection[str]) -> frozenset[str]:
    known = "SELECT 1 FROM revision WHERE incident_id = ? LIMIT 1"
    return frozenset(one for one in incident_ids if connection.execute(known, (one,)).fetchone())


def insert(connection: sqlite3.Connection, sealed: Revision, moment: Moment) -> None:
    connection.execute(
        f"INSERT INTO revision ({REVISION}, wall_ms, monotonic_ms, boot_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
        (
            sealed.report_seq,
            sealed.incident_id,
            sealed.revision,
            sealed.phase,
            sealed.type_id,
            sealed.camera_id,
            sealed.payload_sha256,
            sealed.manifest,
            sealed.manifest_sha256,
            int(moment.wall.timestamp() * 1000),
            moment.monotonic_ms,
            moment.boot_id,
        ),
    )
    connection.execute("INSERT INTO outbox (report_seq, payload) VALUES (?, ?)", (sealed.report_seq, sealed.payload))
    if sealed.urgent:
        connection.execute("INSERT INTO urgent (report_seq) VALUES (?)", (sealed.report_seq,))
    files: list[tuple[str, int, str | None]] = [(sealed.manifest_sha256, len(sealed.manifest), None)]
    files += [(file.item.sha256, file.item.bytes, str(file.path)) for file in sealed.files]
    connection.executemany(
        "INSERT INTO file (sha256, report_seq, bytes, path) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(sha256, sealed.report_seq, size, path) for sha256, size, path in files],
    )
    if sealed.settled:
        connection.execute("DELETE FROM open_incident WHERE incident_id = ?", (sealed.incident_id,))
    elif (
        sealed.phase == "close"
        or not connection.execute(
            "SELECT 1 FROM revision WHERE incident_id = ? AND phase = 'close'", (sealed.incident_id,)
        ).fetchone()
    ):
        connection.execute("INSERT OR REPLACE INTO open_incident VALUES (?, ?)", (sealed.incident_id, sealed.payload))


def due_reports(connection: sqlite3.Connection, live_from: int, now_s: float, limit: int) -> tuple[QueuedReport, ...]:
    """Urgent ones first, then what is live, then the backlog. live_from: the first number that is not backlog."""
    wanted = "reason IS NULL AND coalesce(due_s, 0) <= :now"
    columns = "outbox.report_seq, payload, coalesce(tries, 0)"
    attempts = "LEFT JOIN report_attempt USING (report_seq)"
    values: dict[str, Any] = {"now": now_s, "from": live_from, "limit": limit}
    urgent = connection.execute(
        f"SELECT {columns} FROM urgent JOIN outbox USING (report_seq) {attempts} WHERE {wanted}"  # noqa: S608
        " ORDER BY outbox.report_seq < :from, outbox.report_seq LIMIT :limit",
        values,
    ).fetchall()
    select = (
        f"SELECT {columns} FROM outbox {attempts} WHERE {wanted} AND NOT EXISTS"  # noqa: S608
        " (SELECT 1 FROM urgent WHERE urgent.report_seq = outbox.report_seq) AND outbox.report_seq"
    )
    values["limit"] = limit - len(urgent)
    live = connection.execute(f"{select} >= :from ORDER BY outbox.report_seq DESC LIMIT :limit", values).fetchall()
    values["limit"] = limit - len(urgent) - len(live)
    backlog = connection.execute(f"{select} < :from ORDER BY outbox.report_seq LIMIT :limit", values).fetchall()
    return tuple(
        QueuedReport(report_seq, payload, tries, live=report_seq >= live_from, urgent=number < len(urgent))
        for number, (report_seq, payload, tries) in enumerate(urgent + live + backlog)
    )


def due_files(connection: sqlite3.Connection, live_from: int, now_s: float, limit: int) -> tuple[QueuedFile, ...]:
    """As the reports. Media wait until their manifest was sent at least once by this process, or is stored."""
    select = """
        SELECT file.sha256, bytes, path, coalesce(tries, 0),
               CASE WHEN path IS NULL THEN (SELECT manifest FROM revision WHERE report_seq = file.report_seq) END
        FROM {source} LEFT JOIN file_attempt USING (sha256)
        WHERE state = 'pending' AND coalesce(due_s, 0) <= :now
          AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.report_seq = file.report_seq)
          AND (path IS NULL OR EXISTS (
              SELECT 1 FROM revision JOIN file AS its_manifest ON its_manifest.sha256 = manifest_sha256
              LEFT JOIN file_attempt AS its_attempt ON its_attempt.sha256 = manifest_sha256
              WHERE revision.report_seq = file.report_seq
                AND (its_manifest.state = 'stored' OR its_attempt.tries > 0)))
          AND {these} LIMIT :limit"""
    ordinary = "NOT EXISTS (SELECT 1 FROM urgent WHERE urgent.report_seq = file.report_seq) AND file.report_seq"
    newest = "ORDER BY file.report_seq DESC, (path IS NOT NULL)"
    oldest = "ORDER BY file.report_seq, (path IS NOT NULL)"
    found: list[Any] = []
    for source, these in (
        ("urgent JOIN file ON file.report_seq = urgent.report_seq", f"TRUE {newest}"),
        ("file", f"{ordinary} >= :from {newest}"),
        ("file", f"{ordinary} < :from {oldest}"),
    ):
        values: dict[str, Any] = {"now": now_s, "from": live_from, "limit": limit - len(found)}
        found += connection.execute(select.format(source=source, these=these), values).fetchall()
    return tuple(
        QueuedFile(sha256, size, None if path is None else Path(path), content, tries)
        for sha256, size, path, tries, content in found
    )


def note_report_attempt(connection: sqlite3.Connection, report_seq: int, due_s: float) -> None:
    connection.execute(
        "INSERT INTO report_attempt VALUES (?, 1, ?)"
        " ON CONFLICT DO UPDATE SET tries = tries + 1, due_s = excluded.due_s",
        (report_seq, due_s),
    )


def note_file_attempt(connection: sqlite3.Connection, sha256: str, due_s: float) -> None:
    connection.execute(
        "INSERT INTO file_attempt VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET tries = tries + 1, due_s = excluded.due_s",
        (sha256, due_s),
    )


def forget_attempts(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM report_attempt")
    connection.execute("DELETE FROM file_attempt")


def count_waiting(connection: sqlite3.Connection, now_s: float) -> int:
    row = connection.execute("SELECT count(*) FROM report_attempt WHERE due_s > ?", (now_s,)).fetchone()
    return int(row[0])


def take_up_again(connection: sqlite3.Connection) -> int:
    rows = connection.execute("UPDATE outbox SET reason = NULL WHERE reason IS NOT NULL").rowcount
    files = connection.execute("UPDATE file SET state = 'pending', reason = NULL WHERE state = 'rejected'").rowcount
    forget_attempts(connection)
    return rows + files


def count_reports(connection: sqlite3.Connection) -> tuple[int, int, int | None]:
    """Queued, set aside, and the lowest number still queued."""
    total, aside = connection.execute("SELECT count(*), count(reason) FROM outbox").fetchone()
    low = connection.execute("SELECT report_seq FROM outbox WHERE reason IS NULL ORDER BY report_seq LIMIT 1")
    row = low.fetchone()
    return total - aside, aside, None if row is None else int(row[0])


def count_files(connection: sqlite3.Connection) -> tuple[int, int]:
    """Pending, rejected. A file whose report is set aside waits with it and is not pending."""
    rows = connection.execute(
        "SELECT state, count(*) FROM file LEFT JOIN outbox USING (report_seq)"
        " WHERE state <> 'stored' AND outbox.reason IS NULL GROUP BY state"
    )
    counts: dict[str, int] = dict(rows.fetchall())
    return counts.get("pending", 0), counts.get("rejected", 0)


def age_s(connection: sqlite3.Connection, report_seq: int, now: Moment) -> float:
    """By the monotonic clock within one boot, else by the wall, never negative."""
    wall_ms, monotonic_ms, boot_id = connection.execute(
        "SELECT wall_ms, monotonic_ms, boot_id FROM revision WHERE report_seq = ?", (report_seq,)
    ).fetchone()
    if boot_id == now.boot_id:
        return max(0.0, (now.monotonic_ms - int(monotonic_ms)) / 1000)
    return max(0.0, now.wall.timestamp() - int(wall_ms) / 1000)


def incidents(connection: sqlite3.Connection) -> tuple[CommittedIncident, ...]:
    rows = connection.execute(
        "SELECT incident_id, min(type_id), min(camera_id),"
        " CASE WHEN count(reason) > 0 THEN 'set_aside' WHEN count(payload) > 0 THEN 'queued' ELSE 'acknowledged' END,"
        " group_concat(revision) FROM revision LEFT JOIN outbox USING (report_seq)"
        " GROUP BY incident_id ORDER BY min(report_seq)"
    )
    return tuple(
        CommittedIncident(incident_id, type_id, camera_id, state, tuple(sorted(map(int, revisions.split(",")))))
        for incident_id, type_id, camera_id, state, revisions in rows
    )


def count_incidents(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(DISTINCT incident_id) FROM revision").fetchone()[0])


def open_incidents(connection: sqlite3.Connection) -> tuple[bytes, ...]:
    return tuple(row[0] for row in connection.execute("SELECT payload FROM open_incident ORDER BY incident_id"))


def delivered(connection: sqlite3.Connection, before_ms: int) -> tuple[str, ...]:
    """Incidents that are over, whose every report and file the centre acknowledged."""
    rows = connection.execute(
        "SELECT incident_id FROM revision"
        " LEFT JOIN outbox USING (report_seq) LEFT JOIN file USING (report_seq)"
        " WHERE incident_id NOT IN (SELECT incident_id FROM open_incident) GROUP BY incident_id"
        " HAVING max(wall_ms) < ? AND max(phase = 'close') AND count(outbox.payload) = 0"
        " AND sum(file.state <> 'stored') = 0 ORDER BY min(report_seq)",
        (before_ms,),
    )
    return tuple(row[0] for row in rows)


def manifests_of(connection: sqlite3.Connection, incident_id: str) -> tuple[bytes, ...]:
    sql = "SELECT manifest FROM revision WHERE incident_id = ? ORDER BY revision"
    return tuple(row[0] for row in connection.execute(sql, (incident_id,)))


def all_stored(connection: sqlite3.Connection, sha256s: Collection[str]) -> bool:
    sql = "SELECT 1 FROM file WHERE sha256 = ? AND state = 'stored'"
    return all(connection.execute(sql, (one,)).fetchone() for one in sha256s)


def manifests(connection: sqlite3.Connection, after: int, limit: int) -> list[tuple[int, str, int, bytes]]:
    return connection.execute(
        "SELECT report_seq, incident_id, revision, manifest FROM revision WHERE report_seq > ?"
        " ORDER BY report_seq LIMIT ?",
        (after, limit),
    ).fetchall()
