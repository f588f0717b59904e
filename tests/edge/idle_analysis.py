"""A line's analysis that has nothing open and nothing to say."""

from contract.incident_report import CloseReason


class IdleAnalysis:
    awaiting = 0

    def finish(self, reason: CloseReason) -> None:
        return

    def settle(self) -> int:
        return 0

    def set_moved(self, *, moved: bool) -> None:
        return
