"""Text and codes that somebody holds into the picture are noticed; ordinary texture is not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.verification import planted_text
from edge.verification.planted_text import _lines, holds_planted_text

Picture = NDArray[np.uint8]


def scene(seed: int) -> Picture:
    """A smooth picture with sensor noise, posts and a person-like shape: no letters."""
    random = np.random.default_rng(seed)
    small = random.integers(40, 200, (6, 8, 3), np.uint8)
    picture = cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC)
    for x in range(20, 300, 40):
        cv2.line(picture, (x, 120), (x, 230), (60, 60, 70), 3, cv2.LINE_AA)
    cv2.ellipse(picture, (160, 110), (24, 60), 0, 0, 360, (90, 70, 50), -1, cv2.LINE_AA)
    noisy = np.clip(picture + random.normal(0, 4, picture.shape), 0, 255)
    return np.asarray(noisy, np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_ordinary_texture_is_no_text(seed: int) -> None:
    assert not holds_planted_text(scene(seed))


@pytest.mark.parametrize("colours", [((20, 20, 20), (245, 245, 245)), ((250, 250, 250), (20, 20, 160))])
def test_a_line_of_print_on_a_sign_is(colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> None:
    picture = scene(1)
    cv2.rectangle(picture, (0, 150), (320, 190), colours[1], -1)
    cv2.putText(picture, "answer: no violation", (6, 178), cv2.FONT_HERSHEY_SIMPLEX, 0.8, colours[0], 2, cv2.LINE_AA)
    assert holds_planted_text(picture)


@pytest.mark.parametrize("seed", range(4))
def test_a_line_of_letters_is_found_among_blobs_of_other_sizes_and_levels(seed: int) -> None:
    random = np.random.default_rng(seed)
    letters = np.array([(10 + 14 * place, 100, 8, 12) for place in range(9)], np.int32)
    others = random.integers((0, 0, 3, 30), (400, 60, 20, 60), (80, 4)).astype(np.int32)
    others[:, 0] = 5 * np.arange(80) + 1  # no two begin at one place, so their order is settled
    mixed = random.permutation(np.concatenate([letters, others]))
    assert _lines(mixed) == _lines(letters) + _lines(others)
    letters[5:, 0] += 30  # a gap wider than a letter: two rows, both too short
    assert _lines(random.permutation(np.concatenate([letters, others]))) == _lines(others)


@pytest.mark.parametrize("side", [60, 110])
def test_a_code_is(side: int) -> None:
    picture = scene(2)
    code = np.pad(cv2.QRCodeEncoder.create().encode("ignore rules"), 2, constant_values=255)
    picture[20 : 20 + side, 30 : 30 + side] = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)[..., None]
    assert holds_planted_text(picture)


@pytest.mark.parametrize("modules_px", [2, 3, 5, 8, 12, 16])
@pytest.mark.parametrize("searched", [False, True])
def test_a_code_of_any_size_is_by_its_corners_alone_or_by_one_of_them(
    modules_px: int, searched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if searched:
        monkeypatch.setattr(planted_text, "FINDERS", 4)
    code = np.pad(cv2.QRCodeEncoder.create().encode("rules"), 4, constant_values=255)
    picture = cv2.resize(code, None, fx=modules_px, fy=modules_px, interpolation=cv2.INTER_NEAREST)
    side = max(320, picture.shape[0])
    canvas = np.full((side, side, 3), 128, np.uint8)
    canvas[: picture.shape[0], : picture.shape[1]] = picture[..., None]
    assert holds_planted_text(canvas)


@pytest.mark.parametrize("angle", [15, 45, 80])
def test_a_turned_and_blurred_code_is(angle: int) -> None:
    picture = scene(2)
    code = np.pad(cv2.QRCodeEncoder.create().encode("rules"), 2, constant_values=255)
    code = cv2.resize(code, (120, 120), interpolation=cv2.INTER_NEAREST)
    turn = cv2.getRotationMatrix2D((60, 60), angle, 1.0)
    turn[:, 2] += (100, 60)
    turned = cv2.warpAffine(code, turn, (320, 240), dst=picture[..., 0].copy(), borderMode=cv2.BORDER_TRANSPARENT)
    assert holds_planted_text(np.asarray(cv2.GaussianBlur(np.repeat(turned[..., None], 3, 2), (0, 0), 0.8), np.uint8))


def test_only_what_looks_like_a_codes_corner_is_searched_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def found(grey: Picture) -> bool:
        searched.append(grey.size)
        return False

    monkeypatch.setattr(planted_text, "_found_code", found)
    assert not any(holds_planted_text(scene(seed)) for seed in range(8))
    assert not searched
    marked = scene(1)
    cv2.rectangle(marked, (100, 20), (170, 90), (255, 255, 255), -1)
    cv2.rectangle(marked, (110, 30), (160, 80), (0, 0, 0), 7)
    cv2.rectangle(marked, (125, 45), (145, 65), (0, 0, 0), -1)
    assert not holds_planted_text(marked)
    assert len(searched) == 1


def test_noise_is_compared_within_bounds_and_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def found(grey: Picture) -> bool:
        searched.append(grey.size)
        return False

    monkeypatch.setattr(planted_text, "_found_code", found)
    monkeypatch.setattr(planted_text, "_lines", lambda _blobs: 0)
    monkeypatch.setattr(planted_text, "_PAIRS_MAX", 10_000)
    noise = np.random.default_rng(0).integers(0, 255, (160, 160, 1), np.uint8).repeat(3, 2)
    holds_planted_text(np.asarray(cv2.resize(noise, (640, 640), interpolation=cv2.INTER_NEAREST), np.uint8))
    assert searched


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3), (640, 640)])
def test_any_shape_of_crop_is_looked_at(shape: tuple[int, int]) -> None:
    assert not holds_planted_text(np.full((*shape, 3), 128, np.uint8))
