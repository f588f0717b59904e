"""The usual mistake, to show that the kill test would find it: a box that deletes a row on the broker's PUBACK.

Everything but that one decision is the product.
"""

import sqlite3

import edge.delivery.publisher
from edge.delivery.broker import ACCEPTED, Answered


def free_on_puback(publisher: edge.delivery.publisher.Publisher, answer: Answered) -> None:
    report_seq = publisher._in_flight.pop(answer.token, None)
    if report_seq is None or answer.code != ACCEPTED:
        return

    def delete(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM outbox WHERE report_seq = ?", (report_seq,))
        connection.execute("UPDATE file SET state = 'stored' WHERE report_seq = ?", (report_seq,))

    publisher._outbox._reading(delete)


def install() -> None:
    """In this process from now on."""
    edge.delivery.publisher.Publisher._note_answer = free_on_puback  # type: ignore[method-assign, assignment]
