"""What a verified acknowledgement does to the outbox: the only way out of it."""

import sqlite3

from contract.acknowledgement import Acknowledgement, FileReceipt, ReportReceipt

REASON_CHARACTERS_MAX = 200


def apply_acknowledgement(connection: sqlite3.Connection, acknowledgement: Acknowledgement) -> int:
    """The number of rows and files that changed. Entries that name other bytes than ours change nothing."""
    changed = sum(_apply_report(connection, receipt) for receipt in acknowledgement.reports)
    return changed + sum(_apply_file(connection, receipt) for receipt in acknowledgement.files)


def _apply_report(connection: sqlite3.Connection, receipt: ReportReceipt) -> int:
    ours = (receipt.report_seq, receipt.incident_id, receipt.revision, receipt.sha256)
    known = connection.execute(
        "SELECT 1 FROM revision WHERE report_seq = ? AND incident_id = ? AND revision = ? AND payload_sha256 = ?", ours
    ).fetchone()
    if known is None:
        return 0
    if receipt.result == "rejected":
        reason = (receipt.reason or "no reason given")[:REASON_CHARACTERS_MAX]
        changed = connection.execute(
            "UPDATE outbox SET reason = ? WHERE report_seq = ? AND reason IS NOT ?",
            (reason, receipt.report_seq, reason),
        ).rowcount
    else:
        changed = connection.execute("DELETE FROM outbox WHERE report_seq = ?", (receipt.report_seq,)).rowcount
    connection.execute("DELETE FROM report_attempt WHERE report_seq = ?", (receipt.report_seq,))
    return changed


def _apply_file(connection: sqlite3.Connection, receipt: FileReceipt) -> int:
    reason = None if receipt.result == "stored" else (receipt.reason or "no reason given")[:REASON_CHARACTERS_MAX]
    changed = connection.execute(
        "UPDATE file SET state = ?, reason = ? WHERE sha256 = ? AND bytes = ? AND state NOT IN ('stored', ?)",
        (receipt.result, reason, receipt.sha256, receipt.bytes, receipt.result),
    ).rowcount
    if changed:
        connection.execute("DELETE FROM file_attempt WHERE sha256 = ?", (receipt.sha256,))
    return changed
