"""Left or removed, or only light: what a change of the background is, from the pictures before and now.

An area where something was taken away differs from the background as one where something was left. In the picture in
which the thing is there, its outline is an edge; in the other one the ground goes on across it. So the contrast across
the outline is compared between the two (the cue of SanMiguel and Martinez, "Robust unattended and stolen object
detection by fusing simple cues", AVSS 2008; Spagnolo et al., "Moving object segmentation by background subtraction and
temporal analysis", Image and Vision Computing 24, 2006). A shadow multiplies all channels of the surface below by
nearly one number (Jacques, Jung and Musse, "Background subtraction and shadow detection in grayscale video sequences",
SIBGRAPI 2005).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.detection.blob import Mask, Verdict

ACROSS_PX = 2.5  # from the outline to either side
CONTRAST_FLOOR = 6.0  # of 255: weaker contrasts are noise
CONTOUR_MIN = 0.1
LIGHT_SHARE_MIN = 0.8
LIGHT_FROM, LIGHT_TO = 0.4, 2.2  # darker and brighter than that is another surface
LIGHT_SPREAD = 0.12  # of the ratio
COVERED_MIN = 0.3

Picture = NDArray[np.float32]


def verdict(mask: Mask, now: Picture, before: Picture, covered: float) -> tuple[Verdict, float]:
    """And the contour's number. now, before: (h, w, 3) BGR 0..255. covered: how much and how often lately people and
    vehicles that stand still covered it, 0..1.
    """
    contour = contour_contrast(mask, now, before)
    if covered >= COVERED_MIN:
        return "covered", contour
    if light_share(now[mask], before[mask]) >= LIGHT_SHARE_MIN:
        return "light", contour
    if abs(contour) < CONTOUR_MIN:
        return "unclear", contour
    return ("left" if contour > 0 else "removed"), contour


def contour_contrast(mask: Mask, now: Picture, before: Picture) -> float:
    """(contrast now - contrast before) / their sum, across the outline: 1 where an edge has come, -1 where one went."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (5, 5), 0)
    inward = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)], axis=-1)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate([outline[:, 0] for outline in outlines])
    height, width = mask.shape
    steps = inward[points[:, 1], points[:, 0]]
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    steps = ACROSS_PX * steps / np.maximum(lengths, 1e-6)
    inner, outer = np.rint(points + steps).astype(np.intp), np.rint(points - steps).astype(np.intp)
    ends = np.concatenate([inner, outer], axis=1)
    inside = ((ends >= 0) & (ends < (width, height, width, height))).all(axis=1) & (lengths[:, 0] > 0)
    if not inside.any():
        return 0.0
    x1, y1, x2, y2 = ends[inside].T
    contrasts = [float(np.abs(picture[y1, x1] - picture[y2, x2]).max(axis=1).mean()) for picture in (now, before)]
    return (contrasts[0] - contrasts[1]) / (sum(contrasts) + CONTRAST_FLOOR)


def light_share(now: Picture, before: Picture) -> float:
    """Which share of the pixels are those of `before` times one number. now, before: (N, 3)."""
    ratios = (now + 4.0) / (before + 4.0)
    means = ratios.mean(axis=1)
    one = float(np.median(means))
    if not LIGHT_FROM <= one <= LIGHT_TO:
        return 0.0
    like = (np.abs(means / one - 1) <= LIGHT_SPREAD) & (np.ptp(ratios, axis=1) <= LIGHT_SPREAD * means)
    return float(like.mean())
