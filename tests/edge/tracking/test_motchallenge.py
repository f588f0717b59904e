"""`xunjian edge track --detections`: MOTChallenge lines in, MOTChallenge lines out."""

import gzip
import re
from pathlib import Path

import pytest

from edge.tracking.motchallenge import MotChallengeError, read_detections, track_detections

WALK = "".join(f"{i},-1,{100 + 4 * i},200,40,100,0.97,-1,-1,-1\n" for i in range(1, 31))


def test_a_walk_becomes_one_track_in_pixels(tmp_path: Path) -> None:
    (tmp_path / "det.txt").write_text(WALK)
    out = tmp_path / "out.txt"
    count = track_detections(tmp_path / "det.txt", 25, out)
    lines = [line.split(",") for line in out.read_text().splitlines()]
    assert count == len(lines) == 30
    assert {line[1] for line in lines} == {"1"}
    assert [int(line[0]) for line in lines] == list(range(1, 31))
    x, y, width, height = (float(field) for field in lines[-1][2:6])
    assert (x, y, width, height) == pytest.approx((220, 200, 40, 100), abs=2)
    assert lines[-1][6:] == ["0.9700", "-1", "-1", "-1"]


def test_gzip_and_the_frame_rate_of_seqinfo_are_taken(tmp_path: Path) -> None:
    (tmp_path / "det").mkdir()
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nname=a\nframeRate=25\n")
    (tmp_path / "det" / "det.txt.gz").write_bytes(gzip.compress(WALK.encode()))
    assert track_detections(tmp_path / "det" / "det.txt.gz", None, tmp_path / "out.txt") == 30


def test_lines_out_of_order_and_frames_without_detections_are_fine(tmp_path: Path) -> None:
    lines = WALK.splitlines(keepends=True)
    (tmp_path / "det.txt").write_text("".join(reversed(lines[:10] + lines[14:])))
    assert track_detections(tmp_path / "det.txt", 25, tmp_path / "out.txt") == 26
    assert {line.split(",")[1] for line in (tmp_path / "out.txt").read_text().splitlines()} == {"1"}


def test_no_detections_are_no_tracks(tmp_path: Path) -> None:
    (tmp_path / "det.txt").write_text("")
    assert track_detections(tmp_path / "det.txt", 25, tmp_path / "out.txt") == 0
    assert (tmp_path / "out.txt").read_text() == ""


@pytest.mark.parametrize(
    "line",
    [
        "1,-1,2,3,4",
        "x,-1,2,3,4,5,0.9",
        "0,-1,2,3,4,5,0.9",
        "1.5,-1,2,3,4,5,1",
        "1,-1,nan,3,4,5,1",
        "99999999,-1,2,3,4,5,1",
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "det.txt").write_text(f"1,-1,2,3,4,5,0.9\n{line}\n")
    with pytest.raises(MotChallengeError, match=r"det\.txt, line 2: not `frame, -1, x, y, width, height, confidence`"):
        read_detections(tmp_path / "det.txt")


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MotChallengeError, match=r"none\.txt: no such file; check the path"):
        track_detections(tmp_path / "none.txt", 25, tmp_path / "out.txt")
    (tmp_path / "det.txt").write_text(WALK)
    with pytest.raises(MotChallengeError, match=re.escape("say the frame rate with --fps N")):
        track_detections(tmp_path / "det.txt", None, tmp_path / "out.txt")
    with pytest.raises(MotChallengeError, match="is not a frame rate"):
        track_detections(tmp_path / "det.txt", 0, tmp_path / "out.txt")
    with pytest.raises(MotChallengeError, match="cannot be written"):
        track_detections(tmp_path / "det.txt", 25, tmp_path / "no" / "out.txt")
    (tmp_path / "det.txt.gz").write_bytes(b"not gzip")
    with pytest.raises(MotChallengeError, match="cannot be read as text"):
        track_detections(tmp_path / "det.txt.gz", 25, tmp_path / "out.txt")


def test_a_score_at_the_threshold_is_sure_enough(tmp_path: Path) -> None:
    (tmp_path / "det.txt").write_text(WALK.replace("0.97", "0.9"))
    assert track_detections(tmp_path / "det.txt", 25, tmp_path / "out.txt") > 0
