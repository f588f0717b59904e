"""Inquiries that wait for their second look: a few, the most severe first, then the oldest."""

from edge.verification.inquiry import Inquiry


class WaitingInquiries:
    """At most `most`; what has to go when one more comes is of the least severe kind, of those the newest: those that
    wait longest are served next, and a burst does not push them out.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._inquiries: list[Inquiry] = []

    def __len__(self) -> int:
        return len(self._inquiries)

    def add(self, inquiry: Inquiry) -> Inquiry | None:
        """The one that had to go, which may be this one."""
        self._inquiries.append(inquiry)
        if len(self._inquiries) <= self._most:
            return None
        last = max(self._inquiries, key=lambda one: one.rank)
        self._inquiries.remove(last)
        return last

    def take(self) -> Inquiry | None:
        if not self._inquiries:
            return None
        first = min(self._inquiries, key=lambda one: one.rank)
        self._inquiries.remove(first)
        return first

    def older_than(self, asked_s: float) -> list[Inquiry]:
        """Those asked before that moment; they wait no longer."""
        old = [one for one in self._inquiries if one.asked_s < asked_s]
        self._inquiries = [one for one in self._inquiries if one.asked_s >= asked_s]
        return old
