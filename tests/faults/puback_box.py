"""The usual mistake, to show that the kill test would find it: a box that deletes a row on the broker's PUBACK.

Run in the place of `xunjian`; everything but that one decision is the product.
"""

import sqlite3
import sys

import edge.delivery.publisher
import xunjian
from edge.delivery.broker import ACCEPTED, Answered


def free_on_puback(publisher: edge.delivery.publisher.Publisher, answer: Answered) -> None:
    report_seq = publisher._in_flight.pop(answer.token, None)
    if report_seq is None or answer.code != ACCEPTED:
        return

    def delete(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM outbox WHERE report_seq = ?", (report_seq,))
        connection.execute("UPDATE file SET state = 'stored' WHERE report_seq = ?", (report_seq,))

    publisher._outbox._reading(delete)


if __name__ == "__main__":
    edge.delivery.publisher.Publisher._note_answer = free_on_puback  # type: ignore[method-assign, assignment]
    sys.exit(xunjian.main())
