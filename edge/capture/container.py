"""Opening a source with FFmpeg, or one line that says why not."""

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from edge.capture.camera import CameraError, CredentialsError
from edge.capture.ffmpeg_errors import why_not_opened

NO_VIDEO_FORMATS = frozenset({"tty"})  # FFmpeg draws any `.txt` as a terminal would


def opened(
    url: str,
    shown: str,
    container_format: str | None,
    options: dict[str, str] | None,
    patience_s: tuple[float | None, float | None],
) -> InputContainer:
    try:
        return av.open(
            url, "r", format=container_format, options=options or {}, timeout=patience_s, metadata_errors="replace"
        )
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError) as error:
        raise CredentialsError(f"{shown}: the camera refuses the user name or password; check both") from error
    except av.error.FFmpegError as error:
        raise CameraError(f"{shown}: {why_not_opened(error, is_file=url.startswith('file:'))}") from error


def video_stream(container: InputContainer, shown: str) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        held = "only sound" if container.streams.audio else "no video stream"
        raise CameraError(f"{shown}: holds {held}; give a video file or a camera's video address")
    if streams[0].codec_context is None:
        raise CameraError(f"{shown}: its codec is not known; convert it to H.264, or set the camera to H.264 or H.265")
    return streams[0]
