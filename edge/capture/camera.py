"""The port for whatever delivers frames: a file, an RTSP stream."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from edge.capture.frame import Frame
from edge.capture.packet_ring import PacketRing


class CameraError(Exception):
    """The source cannot be read; the message says which source, why, and what to do. Never holds a password."""


class Camera(ABC):
    """Yields frames in stream order; beside them `ring` holds the encoded packets they came from.

    A file ends its iterator at its end (`loop` starts it again with stream_s going on); a stream raises CameraError
    when it stalls longer than its time-out. A camera that is live drops frames that nobody took in time, never packets.
    """

    camera_id: str
    source: str  # as people may read it: passwords masked
    ring: PacketRing
    frames_in: int  # decoded so far
    frames_dropped: int  # of these, replaced by a newer one before they were taken

    @abstractmethod
    def __enter__(self) -> Self:
        """Opens the source. Raises CameraError."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    @abstractmethod
    def frames(self) -> Iterator[Frame]:
        """Raises CameraError when the source fails."""
