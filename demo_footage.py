"""Real CCTV for the demo: one file out of Debian's `opencv-doc`, turned into H.264 as a camera would send it.

`python demo_footage.py OUT.mp4`. Nothing is installed; the package is read where apt keeps its lists, and nothing of it
enters the repository. Exit 1 with one line where it cannot be had.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from fractions import Fraction
from pathlib import Path

import av

PACKAGE = "opencv-doc"
MEMBER = "./usr/share/doc/opencv-doc/examples/data/vtest.avi"
DOWNLOAD_S_MAX = 600
KEYFRAME_EVERY_S = 2


class FootageError(Exception):
    """The footage cannot be had; the message says why."""


def download(folder: Path) -> Path:
    """The .deb, by apt alone: it knows this machine's mirror and checks what it fetches. Raises FootageError."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise FootageError("this is not a Debian system: no apt-get")
    fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
    commands = [fetch] if os.geteuid() else [fetch, ["apt-get", "-q", "update"], fetch]
    for command in commands:
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=DOWNLOAD_S_MAX
            )
        except subprocess.TimeoutExpired as error:
            raise FootageError(f"apt-get did not finish within {DOWNLOAD_S_MAX} s") from error
        found = next(folder.glob("*.deb"), None)
        if command is fetch and done.returncode == 0 and found is not None:
            return found
    last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    raise FootageError(f"apt-get download {PACKAGE}: {last} (as root, `apt-get update` may help)")


def extract(package: Path, target: Path) -> None:
    """The one member, streamed: the rest of the package never touches the disk. Raises FootageError."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacker:
        assert unpacker.stdout is not None
        with tarfile.open(fileobj=unpacker.stdout, mode="r|") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.name == MEMBER else None
                if source is not None:
                    with target.open("wb") as file:
                        shutil.copyfileobj(source, file)
                    break
        unpacker.stdout.close()
        unpacker.terminate()
    if not target.exists():
        raise FootageError(f"{package.name} holds no {MEMBER}")


def transcode(source: Path, target: Path) -> None:
    """H.264 without B-frames, a keyframe every two seconds, the frames' own times. Raises FootageError."""
    options = {"preset": "veryfast", "crf": "20", "bf": "0", "sc_threshold": "0"}
    try:
        with av.open(str(source)) as given, av.open(str(target), "w", format="mp4") as made:
            video = given.streams.video[0]
            rate = video.average_rate or Fraction(10)
            stream = made.add_stream("libx264", rate=rate, options=options)
            stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
            stream.codec_context.gop_size = round(KEYFRAME_EVERY_S * rate)
            for index, frame in enumerate(given.decode(video)):
                frame.pts, frame.time_base = index, 1 / rate
                frame.pict_type = av.video.frame.PictureType.NONE
                made.mux(stream.encode(frame))
            made.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise FootageError(f"{source.name} cannot be turned into H.264: {error}") from error


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: demo_footage.py OUT.mp4", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    try:
        with tempfile.TemporaryDirectory() as folder:
            original = Path(folder) / "vtest.avi"
            extract(download(Path(folder)), original)
            transcode(original, unfinished)
        unfinished.replace(target)
    except (FootageError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
