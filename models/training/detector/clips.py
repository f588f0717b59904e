"""What an exported network finds in clips, a few frames a second, as the box would.

`python -m models.training.detector.clips WEIGHTS.onnx CLIPS OUT.tsv [--fps 2] [--size 768] [--score-min 0.05]`: CLIPS,
a folder or one clip. The lines of `teachers.py`: for the set the clip, for the picture the second. A frame smaller than
`--size` is taken as it is, as on a box. The last line of a clip is its length, of class `end`.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.detector.detect import as_on_a_box, lines
from models.training.detector.split import Picture

SUFFIXES = {".mp4", ".mkv", ".avi"}
END = "end"


def frames(clip: Path, fps: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Second and frame, at most fps of them a second. Raises ValueError for what cannot be opened."""
    capture = cv2.VideoCapture(str(clip))
    if not capture.isOpened():
        raise ValueError(f"{clip}: cannot be opened as a clip")
    rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
    index, next_s = 0, 0.0
    while capture.grab():
        second = index / rate
        if second >= next_s:
            good, frame = capture.retrieve()
            if good:
                yield second, np.asarray(frame, np.uint8)
            next_s += 1 / fps
        index += 1
    capture.release()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="clips", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--size", type=int, default=768, help="longer side in pixels that the network reads, at most")
    parser.add_argument("--score-min", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    network = as_on_a_box(arguments.weights, arguments.size, arguments.threads, arguments.score_min)
    whole = arguments.clips.is_dir()
    clips = sorted(one for one in arguments.clips.rglob("*") if one.suffix in SUFFIXES) if whole else [arguments.clips]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w") as file:
        for clip in clips:
            second = 0.0
            for second, frame in frames(clip, arguments.fps):
                file.writelines(lines(Picture(clip.stem, f"{second:.3f}", "test", ""), network.detect(frame)))
            file.write(f"{clip.stem}\t{second:.3f}\t{END}\t1.0\t0\t0\t0\t0\n")
            print(f"{clip.name}: {second:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
