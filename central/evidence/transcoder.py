"""Makes an H.264 copy of a clip that no browser plays, in a child process: decoders crash, and encoding takes its time.

One clip at a time, at the lowest priority, bounded in memory, time, length and bytes. Run as
`python -m central.evidence.transcoder SOURCE TARGET` it is the child: one JSON line out.
"""

import json
import os
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

MEMORY_BYTES_MAX = 3 * 1024**3
CPU_S_MAX = 900
RUN_S_MAX = 1800.0
OUTPUT_BYTES_MAX = 512 * 1024**2
FRAMES_MAX = 18_000  # ten minutes at 30 frames/s; a clip has 30 s
SIDE_PX_MAX = 1920
TIME_BASE = Fraction(1, 90_000)  # exact for the rates of cameras
QUALITY = {"preset": "veryfast", "crf": "26", "threads": "1"}
PLAYABLE = ("h264", "yuv420p")


@dataclass(frozen=True, slots=True)
class Transcoded:
    """made: TARGET holds the copy. codec: of the original. fault: why there is none; None too when none is needed."""

    made: bool
    codec: str
    fault: str | None


def transcode(source: Path, target: Path) -> Transcoded:
    """Waits for the child."""
    command = [sys.executable, "-m", "central.evidence.transcoder", str(source.resolve()), str(target.resolve())]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,  # closes when this process ends, however it does
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    ) as child:
        try:
            child.wait(RUN_S_MAX)
        except subprocess.TimeoutExpired:
            child.kill()
            return Transcoded(made=False, codec="", fault=f"it took longer than {RUN_S_MAX:.0f} s")
        assert child.stdout is not None
        said = child.stdout.read()
    if child.returncode != 0:
        return Transcoded(made=False, codec="", fault=f"decoding it broke the decoder (status {child.returncode})")
    return Transcoded(**json.loads(said))


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # not by the buffer: its lock would be held when the work is done
    os._exit(1)


def _make(source: str, target: str) -> Transcoded:
    """Each picture keeps its time, so that what is drawn over the original fits the copy."""
    import av
    from av.video.reformatter import ColorRange

    with av.open(source) as original:
        stream = original.streams.video[0]
        codec = stream.codec_context.name
        if (codec, stream.codec_context.pix_fmt) == PLAYABLE:
            return Transcoded(made=False, codec=codec, fault=None)
        shrink = min(1.0, SIDE_PX_MAX / max(stream.width, stream.height))
        size = {
            "width": max(2, int(stream.width * shrink) // 2 * 2),
            "height": max(2, int(stream.height * shrink) // 2 * 2),
        }
        with av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as copy:
            encoder: Any = copy.add_stream("libx264", options=QUALITY)
            encoder.width, encoder.height, encoder.pix_fmt = size["width"], size["height"], "yuv420p"
            encoder.codec_context.time_base = TIME_BASE
            last = -1
            for count, frame in enumerate(original.decode(stream)):
                if count >= FRAMES_MAX or frame.pts is None or frame.time_base is None:
                    break
                at = round(frame.pts * frame.time_base / TIME_BASE)
                if at <= last:
                    continue
                last = at
                picture = frame.reformat(**size, format="yuv420p", dst_color_range=ColorRange.MPEG)
                picture.pts, picture.time_base = at, TIME_BASE
                copy.mux(encoder.encode(picture))
            copy.mux(encoder.encode(None))
    return Transcoded(made=last >= 0, codec=codec, fault=None if last >= 0 else "no picture in it decodes")


def main(source: str, target: str) -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S_MAX, CPU_S_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import av.error

    try:
        done = _make(source, target)
    except (av.error.FFmpegError, IndexError, ValueError, MemoryError) as error:
        done = Transcoded(made=False, codec="", fault=f"it does not decode: {error}"[:200])
    print(json.dumps({"made": done.made, "codec": done.codec, "fault": done.fault}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
