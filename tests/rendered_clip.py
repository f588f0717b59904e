"""Small videos made on the spot, so that no test of capture or clips needs anybody's footage."""

from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream


def render_clip(
    path: Path,
    *,
    frames: int,
    fps: int,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    b_frames: int = 0,
    keyframe_every: int = 10,
    size: tuple[int, int] = (128, 96),
    faststart: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """A bright square that moves over a dark ground; the frame's number is in the top left corner as grey levels."""
    width, height = size
    with av.open(str(path), "w", container_options={"movflags": "faststart"} if faststart else {}) as container:
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        if codec in ("libx264", "libx265"):
            stream.codec_context.gop_size = keyframe_every
            stream.codec_context.max_b_frames = b_frames
            stream.options = dict(options or {"preset": "veryfast" if b_frames else "ultrafast"})
            if codec == "libx265":
                stream.options |= {"x265-params": "log-level=none"}
        for number in range(frames):
            picture = np.full((height, width, 3), 40, np.uint8)
            left = number * 3 % (width - 24)
            picture[30:60, left : left + 24] = (30, 200, 240)
            picture[:16, :16] = number * 8 % 256
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
