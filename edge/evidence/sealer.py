"""The files of one revision. A disk that takes no more costs the file, never the incident."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from edge.capture.frame import Frame
from edge.capture.packet_ring import ClipPackets
from edge.clock import Moment
from edge.evidence.clip import ClipError, clip_media_type, write_clip
from edge.evidence.png import encode_png
from edge.evidence.stills import Derivatives, Scene
from edge.evidence.store import EvidenceStore, FileFacts, SealedFile, StoreError

WallOf = Callable[[float], datetime]  # stream seconds -> aware wall time


@dataclass(frozen=True, slots=True)
class Sealed:
    """files: what could be sealed. thumbnail: JPEG, at most 20 KB, also when the disk did not take it."""

    files: tuple[SealedFile, ...] = ()
    thumbnail: bytes | None = None


@dataclass(slots=True)
class LastOriginal:
    """Encodes a frame once, however many incidents open or close in it: 10 ms of CPU each at 1080p. Holds one file."""

    _last: tuple[tuple[str, int, float, Moment], bytes] | None = None

    def png(self, frame: Frame) -> bytes:
        key = (frame.camera_id, frame.index, frame.stream_s, frame.moment)
        last = self._last  # read and written whole: another thread sees a key with its own picture
        if last is None or last[0] != key:
            self._last = last = (key, encode_png(frame.image))
        return last[1]


@dataclass(frozen=True, slots=True)
class Sealer:
    """tool: what derivatives say made them. on_fault: told why a file could not be sealed, None when all were."""

    store: EvidenceStore
    tool: str
    on_fault: Callable[[str | None], None]
    _original: LastOriginal = field(default_factory=LastOriginal)

    def pictures(self, incident_id: str, frame: Frame, scene: Scene, *, thumbnail: bool) -> Sealed:
        """The frame as it was decoded, and derivatives of it that name it."""
        derivatives = Derivatives(frame.image, scene)
        small = derivatives.thumbnail_jpeg() if thumbnail else None
        wall = frame.moment.wall
        files: list[SealedFile] = []
        try:
            facts = FileFacts("key_frame", "image/png", wall, wall)
            files.append(self.store.seal(incident_id, facts, self._original.png(frame)))
            original = files[0].item.sha256
            facts = FileFacts("annotated", "image/jpeg", wall, wall, original, self.tool, redacted=True)
            files.append(self.store.seal(incident_id, facts, derivatives.annotated_jpeg()))
            if small is not None:
                facts = FileFacts("thumbnail", "image/jpeg", wall, wall, original, self.tool, redacted=True)
                files.append(self.store.seal(incident_id, facts, small))
            self.on_fault(None)
        except StoreError as error:
            self.on_fault(str(error))
        return Sealed(tuple(files), small)

    def clip(self, incident_id: str, packets: ClipPackets, tracks: bytes, wall_of: WallOf) -> Sealed:
        """The camera's packets, and what the tracker saw in them. tracks: the bytes of the `tracks` file."""
        first, last = wall_of(packets.first_s), wall_of(packets.last_s)
        files: list[SealedFile] = []
        try:
            facts = FileFacts("clip", clip_media_type(packets), first, last)
            files.append(self.store.seal_written(incident_id, facts, lambda path: write_clip(packets, path)))
            facts = FileFacts("tracks", "application/json", first, last, files[0].item.sha256, self.tool)
            files.append(self.store.seal(incident_id, facts, tracks))
            self.on_fault(None)
        except (StoreError, ClipError) as error:
            self.on_fault(str(error))
        return Sealed(tuple(files))
