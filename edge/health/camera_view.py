"""Whether a camera still sees what it was put up for: covered or out of focus, stuck on one picture, turned away.

It looks twice a second at a small grey picture. What a camera normally shows is learnt in its first ten seconds and
followed slowly from then on, over hours of daylight but never over a fault. Thresholds and how they were found:
docs/cameras.md.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.health.view_shift import EdgeMap, Shift, edge_map, shift_between

ViewState = Literal["seen", "blind", "frozen", "moved"]
HEIGHT, WIDTH = 90, 160  # of the grey picture, whatever the camera's own size
EVERY_S = 0.5
GAP_S = 3.0  # without a picture: what was going on has ended
LEARN_SAMPLES = 20

BLIND_S, SEEING_S = 5.0, 3.0  # it holds so long before the state changes, there and back
CONTRAST_MIN = 12.0  # luma between the darkest and the brightest hundredth
STRUCTURE_SHARE = 0.3  # of the edges it normally shows
SHARPNESS_SHARE = 0.35

FROZEN_S, LIVE_S = 8.0, 1.0
FROZEN_S_MAX = 60.0
STILL_MEAN = 0.12  # luma: a stuck picture, encoded again at each keyframe, differs less; the noise of a live one more
STILL_MAX = 8.0  # and a clock on the picture that goes on differs more in one place

MOVED_S, BACK_S = 5.0, 10.0
AWAY_S = 30.0  # for a view that is nowhere in the picture any more
SHIFT_MIN = 0.03  # of width or height
STEADY_SHARE = 0.35
AWAY_SCORE, AWAY_SIGMAS = 0.15, 4.0
COMPARE_S = 1.0  # how often the view is looked for: it costs more than all the rest
RECENT_S = 3.0  # passing things are averaged away over this long
FOLLOW_S = 600.0  # how slowly the learnt view follows the light
FOLLOW_PX = 1.0  # and only while it stands still

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class View:
    """why: what was seen and what to do, in one line; None while all is well."""

    state: ViewState
    why: str | None = None


@dataclass(frozen=True, slots=True)
class ViewMemory:
    """What a camera normally shows. edges: (HEIGHT, WIDTH). still_s: the longest it was without any change."""

    edges: EdgeMap
    structure: float
    sharpness: float
    still_s: float = 0.0

    @property
    def steady(self) -> bool:
        """Most of its edges stand still: water and leaves alone are never where they were."""
        return float(np.abs(self.edges).mean()) >= STEADY_SHARE * self.structure


@dataclass(slots=True)
class _Hold:
    """True once a condition has held for on_s without a break, false again once it has not held for off_s."""

    on_s: float
    off_s: float
    value: bool = False
    _since_s: float | None = None  # when the opposite of `value` began

    def update(self, holds: bool, now_s: float) -> bool:  # noqa: FBT001 - a condition
        if holds == self.value:
            self._since_s = None
            return self.value
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s >= (self.off_s if self.value else self.on_s):
            self.value, self._since_s = holds, None
        return self.value

    def interrupt(self) -> None:
        self._since_s = None


@dataclass(slots=True)
class _Sample:
    """One grey picture and what is measured of it."""

    luma: NDArray[np.float32]
    edges: EdgeMap = field(init=False)
    contrast: float = field(init=False)
    structure: float = field(init=False)
    sharpness: float = field(init=False)

    def __post_init__(self) -> None:
        luma = self.luma
        self.edges = edge_map(luma)
        darkest, brightest = np.percentile(luma, (1, 99))
        self.contrast = float(brightest - darkest)
        self.structure = float(np.abs(self.edges).mean())
        inner = luma[1:-1, 1:-1]
        laplacian = 4 * inner - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
        self.sharpness = float(np.abs(laplacian).mean()) / (float(luma.std()) + 1.0)


class CameraView:
    """One camera. fixed: False for one that turns by itself, which has no view to be moved from."""

    def __init__(self, memory: ViewMemory | None = None, *, fixed: bool = True) -> None:
        self._memory = memory
        self._fixed = fixed
        self._looked_s: float | None = None
        self._view = View("seen")
        self._blind = _Hold(BLIND_S, SEEING_S)
        self._moved = _Hold(MOVED_S, BACK_S)
        self._away = _Hold(AWAY_S, BACK_S)
        self._stillness = _Stillness()
        self._learning: list[_Sample] = []
        self._recent: EdgeMap | None = None
        self._compared_s = float("-inf")
        self._shift = Shift(0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def memory(self) -> ViewMemory | None:
        """What is to be kept over a restart; None until it is learnt."""
        return self._memory

    def is_due(self, stream_s: float) -> bool:
        return self._looked_s is None or stream_s - self._looked_s >= EVERY_S

    def accept(self) -> None:
        """What the camera shows from now on is right: it is learnt anew."""
        self._memory, self._recent = None, None
        self._learning.clear()
        for hold in (self._moved, self._away):
            hold.value = False
            hold.interrupt()

    def observe(self, luma: Luma, stream_s: float) -> View:
        """luma: (HEIGHT, WIDTH), when it is due. stream_s: never going back."""
        if self._looked_s is not None and stream_s - self._looked_s > GAP_S:
            self._break_off()
        self._looked_s = stream_s
        sample = _Sample(luma.astype(np.float32))
        still_s = 0.0 if self._memory is None else self._memory.still_s
        frozen = self._stillness.update(sample.luma, stream_s, max(FROZEN_S, min(2 * still_s, FROZEN_S_MAX)))
        why_blind = self._why_blind(sample)
        if self._blind.update(why_blind is not None, stream_s):
            self._enter(View("blind", why_blind))
        elif frozen:
            self._enter(View("frozen", "the picture does not change at all although packets come; restart the camera"))
        elif why_blind is None:
            self._compare(sample, stream_s)
            self._enter(self._placed())
        return self._view

    def _enter(self, view: View) -> None:
        """What was said when the state began stands until it is over: each other text would be news to everybody."""
        if view.state != self._view.state:
            self._view = view

    def _break_off(self) -> None:
        for hold in (self._blind, self._moved, self._away):
            hold.interrupt()
        self._stillness = _Stillness()
        self._learning.clear()
        self._recent = None

    def _why_blind(self, sample: _Sample) -> str | None:
        if sample.contrast < CONTRAST_MIN:
            return "shows one shade only; check that nothing covers the lens and that there is light"
        if self._memory is None:
            return None
        if sample.structure < STRUCTURE_SHARE * self._memory.structure:
            return "shows far less than it normally does; check that the lens is neither covered nor dirty"
        if sample.sharpness < SHARPNESS_SHARE * self._memory.sharpness:
            return "is out of focus; focus it again, or clean the lens"
        return None

    def _compare(self, sample: _Sample, stream_s: float) -> None:
        """Learns the view, or looks where it has gone."""
        if self._memory is None:
            self._learn(sample)
            return
        self._remember_stillness()
        if self._recent is None:
            self._recent = sample.edges
        self._recent = _mixed(self._recent, sample.edges, EVERY_S / RECENT_S)
        if stream_s - self._compared_s < COMPARE_S:
            return
        self._compared_s = stream_s
        self._shift = shift = shift_between(self._memory.edges, self._recent)
        shifted = shift.is_clear and shift.largest >= SHIFT_MIN
        gone = self._memory.steady and shift.in_place < min(AWAY_SCORE, AWAY_SIGMAS * shift.noise)
        self._moved.update(self._fixed and shifted, stream_s)
        self._away.update(self._fixed and gone, stream_s)
        if self._in_place(shift):
            self._follow(sample)

    def _placed(self) -> View:
        if self._moved.value:
            percent = 100 * self._shift.largest
            return View("moved", f"the view is shifted by {percent:.0f} %; turn the camera back or accept the new view")
        if self._away.value:
            return View("moved", "shows another view than the learnt one; turn it back or accept the new view")
        return View("seen")

    def _learn(self, sample: _Sample) -> None:
        """A view that shifts between the first half of the samples and the second is not learnt: somebody aims it."""
        self._learning.append(sample)
        if len(self._learning) < LEARN_SAMPLES:
            return
        half = LEARN_SAMPLES // 2
        first, second = (_mean(part) for part in (self._learning[:half], self._learning[half:]))
        if not self._fixed or self._in_place(shift_between(first, second)):
            self._memory = ViewMemory(
                edges=(first + second) / 2,
                structure=float(np.median([one.structure for one in self._learning])),
                sharpness=float(np.median([one.sharpness for one in self._learning])),
            )
        self._learning.clear()

    def _in_place(self, shift: Shift) -> bool:
        return abs(shift.dx) * WIDTH <= FOLLOW_PX and abs(shift.dy) * HEIGHT <= FOLLOW_PX

    def _follow(self, sample: _Sample) -> None:
        memory = self._memory
        assert memory is not None
        assert self._recent is not None
        share = COMPARE_S / FOLLOW_S
        self._memory = ViewMemory(
            edges=_mixed(memory.edges, self._recent, share),
            structure=memory.structure + (sample.structure - memory.structure) * share,
            sharpness=memory.sharpness + (sample.sharpness - memory.sharpness) * share,
            still_s=memory.still_s,
        )

    def _remember_stillness(self) -> None:
        """A scene that was as still as that and then went on by itself is no reason to call it frozen next time."""
        memory, ended_s = self._memory, self._stillness.ended_s
        if memory is not None and memory.still_s < ended_s <= FROZEN_S_MAX:
            self._memory = ViewMemory(memory.edges, memory.structure, memory.sharpness, ended_s)


class _Stillness:
    """How long a picture has stayed the same as one that is kept: nothing live does, by the noise of its sensor."""

    def __init__(self) -> None:
        self._anchor: NDArray[np.float32] | None = None
        self._since_s = 0.0
        self._hold = _Hold(0.0, LIVE_S)
        self.ended_s = 0.0  # the length of the last stillness that ended

    def update(self, luma: NDArray[np.float32], now_s: float, frozen_s: float) -> bool:
        if self._anchor is not None:
            difference = np.abs(luma - self._anchor)
            if float(difference.mean()) <= STILL_MEAN and float(difference.max()) <= STILL_MAX:
                return self._hold.update(now_s - self._since_s >= frozen_s, now_s)
            self.ended_s = now_s - self._since_s
        self._anchor, self._since_s = luma, now_s
        return self._hold.update(holds=False, now_s=now_s)


def _mixed(old: EdgeMap, new: EdgeMap, share: float) -> EdgeMap:
    return old + (new - old) * np.float32(share)


def _mean(samples: list[_Sample]) -> EdgeMap:
    return np.asarray(np.mean([one.edges for one in samples], axis=0), np.complex64)
