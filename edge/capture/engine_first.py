"""A video engine where it works: the choice between it and FFmpeg, made again when it fails."""

import logging
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from av.video.stream import VideoStream

from edge.capture.camera import CameraError
from edge.capture.decoder import Decoded, Decoder, MakeDecoder
from edge.capture.ffmpeg_decoder import FFmpegDecoder

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only

LOG = logging.getLogger(__name__)


class EngineFirst:
    """A MakeDecoder. Once the engine has failed, FFmpeg decodes for as long as this process lives; one line says so."""

    def __init__(self, by_engine: MakeDecoder) -> None:
        self._by_engine = by_engine
        self._failed = False

    def __call__(self, stream: VideoStream, time_base: Fraction) -> Decoder:
        if not self._failed:
            try:
                return _Replaceable(self._by_engine(stream, time_base), partial(self._replaced, stream, time_base))
            except CameraError as error:
                return self._replaced(stream, time_base, error)
        return FFmpegDecoder(stream, time_base)

    def _replaced(self, stream: VideoStream, time_base: Fraction, error: CameraError) -> Decoder:
        self._failed = True
        LOG.warning("the video engine is not used, FFmpeg decodes on the processor: %s", error)
        return FFmpegDecoder(stream, time_base)


class _Replaceable(Decoder):
    """replaced: gives the decoder to go on with, from the next keyframe on."""

    def __init__(self, engine: Decoder, replaced: Callable[[CameraError], Decoder]) -> None:
        self._decoder = engine
        self._replaced = replaced
        self._waiting = False
        self.shares_context = engine.shares_context

    def decode(self, packet: "Packet[VideoStream]") -> Sequence[Decoded]:
        self._waiting = self._waiting and not packet.is_keyframe
        if self._waiting:
            return ()
        try:
            return self._decoder.decode(packet)
        except CameraError as error:
            self._decoder.close()
            self._decoder, self._waiting = self._replaced(error), True
            self.shares_context = self._decoder.shares_context
            return ()

    def flush(self) -> Sequence[Decoded]:
        return self._decoder.flush()

    def spare(self, *, on: bool) -> None:
        self._decoder.spare(on=on)

    def close(self) -> None:
        self._decoder.close()
