"""Video files as a camera: paced by their own timestamps, or as fast as the consumer takes them."""

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.capture.ahead import Ahead
from edge.capture.camera import Camera, CameraError
from edge.capture.decoder import MakeDecoder, Picture
from edge.capture.decoding import ReadError, VideoSource
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.frame import Frame
from edge.capture.live import LiveCamera, Patience
from edge.capture.packet_ring import RING_BYTES_MAX, PacketRing
from edge.clock import Clock, ClockQuality, Moment

LOG = logging.getLogger(__name__)
LATE_S_MAX = 1.0
TRUNCATED_S_MIN = 1.0
REPLAY_BOOT_ID = "replay"
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
CLIPS = frozenset({".mp4", ".mkv", ".avi", ".mov", ".ts", ".webm", ".m4v", ".mpg", ".mjpeg"})
PICTURE_S = 1.0  # how long a picture of a folder is shown


class VideoFileCamera(LiveCamera):
    """Plays the file at its own speed on the monotonic clock, as a camera would deliver it.

    loop: begins again at the end, for ever, with stream_s going on.
    """

    def __init__(
        self,
        camera_id: str,
        path: Path,
        clock: Clock,
        *,
        loop: bool = False,
        ring_bytes_max: int = RING_BYTES_MAX,
        start_s: float = 0.0,
        make_decoder: MakeDecoder = FFmpegDecoder,
    ) -> None:
        held: dict[str, Any] = {"ring_bytes_max": ring_bytes_max, "start_s": start_s, "make_decoder": make_decoder}
        super().__init__(camera_id, str(path), clock, Patience(read_s_max=LATE_S_MAX), **held)
        self._path = path
        self._loop = loop

    def paths(self) -> list[Path]:
        """What is played, in this order. Raises CameraError."""
        return [self._path]

    def open(self) -> None:
        self._first = _opened(self.paths()[0], self.ring, self.make_decoder)
        self._first.go_on_from(None, self.stream_time.now_s)

    def pictures(self) -> Iterator[Picture]:
        started_s = self.clock.monotonic_s() - self.stream_time.now_s()
        for source, path in self._sources():
            with closing(_played(source, path)) as pictures:
                for picture in pictures:
                    early_s = started_s + picture.stream_s - self.clock.monotonic_s()
                    if early_s < -LATE_S_MAX:  # a camera that fell behind goes on from now, it does not race
                        started_s -= early_s
                    elif early_s > 0 and self.stopping.wait(early_s):
                        return
                    yield picture
            if self.stopping.is_set():
                return

    def _sources(self) -> Iterator[tuple[VideoSource, Path]]:
        """Opened one after the other, for ever where they loop, on one time scale."""
        paths = self.paths()
        source = self._first
        yield source, paths[0]
        for path in chain(paths[1:], cycle(paths) if self._loop else ()):
            after_s = source.timeline.end_s + self.pause_s(path)
            before, source = source.timeline, _opened(path, self.ring, self.make_decoder)
            source.go_on_from(before, partial(float, after_s))
            yield source, path

    def pause_s(self, _path: Path) -> float:
        """Before this file, after the one before it."""
        return 0.0


class FolderCamera(VideoFileCamera):
    """A folder's clips and pictures in the order of their names; other files are passed over."""

    def paths(self) -> list[Path]:
        found = sorted(path for path in self._path.iterdir() if path.suffix.lower() in PICTURES | CLIPS)
        if not found:
            raise CameraError(f"{self.source}: no clip and no picture is there; put .mp4 or .jpg files into it")
        return found

    def pause_s(self, path: Path) -> float:
        return PICTURE_S if path.suffix.lower() in PICTURES else 0.0


class ReplayCamera(Camera):
    """Every frame of the file, as fast as they are taken; nothing is dropped. The next one is decoded meanwhile.

    Moments are `start` (aware) + stream_s, the clock `unsynced`, the monotonic time that of the stream.
    """

    ring: PacketRing

    def __init__(
        self,
        camera_id: str,
        path: Path,
        start: datetime,
        *,
        ring_bytes_max: int = RING_BYTES_MAX,
        make_decoder: MakeDecoder = FFmpegDecoder,
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("start needs a time zone")
        self.camera_id = camera_id
        self.source = str(path)
        self.ring = PacketRing(ring_bytes_max)
        self.frames_in = 0
        self.frames_dropped = 0
        self._path = path
        self._start = start
        self._make_decoder = make_decoder
        self._opened: VideoSource | None = None
        self._ahead: Ahead[Picture, Picture] | None = None

    def __enter__(self) -> Self:
        self._opened = _opened(self._path, self.ring, self._make_decoder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._ahead is not None:
            self._ahead.close()  # first: reading on from a closed file crashes the process
            self._ahead = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def length_s(self) -> float | None:
        """As the file says, while it is open."""
        return None if self._opened is None else self._opened.expected_s

    def frames(self) -> Iterator[Frame]:
        assert self._opened is not None, "enter the camera first"
        if self._ahead is None:
            self._ahead = Ahead(_played(self._opened, self._path), f"decode-{self.camera_id}", _as_it_is)
        for picture in self._ahead:
            yield Frame(self.camera_id, self.frames_in, picture.stream_s, self._moment(picture), picture.raster())
            self.frames_in += 1

    def _moment(self, picture: Picture) -> Moment:
        wall = self._start + timedelta(seconds=picture.stream_s)
        return Moment(wall, round(picture.stream_s * 1000), REPLAY_BOOT_ID, ClockQuality("unsynced", source="file"))


def _as_it_is(picture: Picture) -> Picture:
    return picture


def _opened(path: Path, ring: PacketRing, make_decoder: MakeDecoder) -> VideoSource:
    if path.is_file() and path.stat().st_size == 0:
        raise CameraError(f"{path}: is empty (zero bytes); copy or record it again")
    source = VideoSource(f"file:{path}", str(path), ring)
    source.decode_by(make_decoder)
    return source


def _played(source: VideoSource, path: Path) -> Generator[Picture, None, None]:
    """All pictures that decode, then one warning when the file holds less than it says.

    Raises CameraError when not one decodes.
    """
    first_s: float | None = None
    last_s = 0.0
    broken: ReadError | None = None
    with source:
        try:
            for picture in source.pictures():
                first_s = picture.stream_s if first_s is None else first_s
                last_s = picture.stream_s
                yield picture
        except ReadError as error:
            broken = error
        if source.closed:  # left before its end: nothing can be said of the rest
            return
    if first_s is None:
        raise CameraError(f"{path}: no picture of it decodes; copy or record it again") from broken
    expected_s = source.expected_s
    held_s = last_s - first_s
    short = expected_s is not None and expected_s - held_s > max(TRUNCATED_S_MIN, 0.05 * expected_s)
    if broken or short or source.packets_undecodable:
        LOG.warning(
            "%s: damaged or cut off: %.1f s of %.1f s were read, %d packets did not decode; copy or record it again",
            path,
            held_s,
            expected_s or held_s,
            source.packets_undecodable,
        )
