"""Figures as pixels: shapes with rounded shading, soft edges and the blur of what moves while the shutter is open."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.figures import Colour, Limb, Puff, shade
from models.synthetic.silhouette import Shape, Silhouette
from models.synthetic.view import Points

Image = NDArray[np.uint8]
MARGIN_PX = 4
SHIFT = 4  # sixteenths of a pixel
BLUR_PX_MAX = 31
# Of a limb, from its dark rim to the side that the light falls on: how wide, how far up and left, how bright.
ROUND: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 0.8), (0.8, 0.1, 1.0), (0.52, 0.22, 1.13))


def pixels(outline: Points, size: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> NDArray[np.int32]:
    """Relative points -> fixed-point pixels of a patch whose upper left corner is `corner`."""
    places = (np.clip(outline, -4.0, 5.0) * size - 0.5 - corner) * (1 << SHIFT)
    return np.asarray(np.round(places), np.int32)


def extent(points: Points, size: tuple[int, int], margin_px: int) -> tuple[slice, slice] | None:
    """Rows and columns of the picture around relative points; None when they are outside."""
    low = np.floor(points.min(axis=0) * size).astype(int) - margin_px
    high = np.ceil(points.max(axis=0) * size).astype(int) + margin_px
    x1, y1 = np.clip(low, 0, size).tolist()
    x2, y2 = np.clip(high, 0, size).tolist()
    return (slice(y1, y2), slice(x1, x2)) if x2 - x1 > 1 and y2 - y1 > 1 else None


def draw(picture: Image, one: Silhouette, haze: tuple[Colour, float], blur_px: float, grain: Image) -> None:
    """Onto the picture, (H, W, 3) BGR. haze: its colour and share; blur_px: how far it moves across the picture while
    the shutter is open; grain: (h, w, 3) cloth and dirt, 128 is none.
    """
    size = (picture.shape[1], picture.shape[0])
    shapes = [shape for shape in one.shapes if not isinstance(shape.solid, Puff)]
    points = np.concatenate([shape.outline for shape in shapes]) if shapes else np.empty((0, 2))
    around = extent(points, size, MARGIN_PX + int(min(blur_px, BLUR_PX_MAX))) if shapes else None
    if around is None:
        return
    rows, columns = around
    corner = (columns.start, rows.start)
    behind = picture[rows, columns]
    patch, mask = behind.copy(), np.zeros(behind.shape[:2], np.uint8)
    ends = np.cumsum([len(shape.outline) for shape in shapes])[:-1]
    rounds = [np.split(layer, ends) for layer in _rounds(shapes, points, size, corner)]
    for index, shape in enumerate(shapes):
        solid = shape.solid
        assert not isinstance(solid, Puff)
        colour, outline = hazed(solid.colour, haze), rounds[0][index]
        if isinstance(solid, Limb):
            cv2.fillConvexPoly(mask, outline, (255,), cv2.LINE_AA, SHIFT)
            for layer, (_, _, light) in zip(rounds, ROUND, strict=True):
                cv2.fillConvexPoly(patch, layer[index], shade(colour, light), cv2.LINE_AA, SHIFT)
        else:
            cv2.fillPoly(mask, [outline], (255,), cv2.LINE_AA, SHIFT)
            cv2.fillPoly(patch, [outline], colour, cv2.LINE_AA, SHIFT)
    _texture(patch, grain, corner)
    _blend(behind, patch, mask, blur_px)


def _rounds(
    shapes: Sequence[Shape], points: Points, size: tuple[int, int], corner: tuple[int, int]
) -> list[NDArray[np.int32]]:
    """All outlines as they are, then twice narrower and pushed towards the light."""
    counts = [len(shape.outline) for shape in shapes]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    middles = np.repeat(np.add.reduceat(points, starts) / np.array(counts)[:, None], counts, axis=0)
    extents = np.array([shape.extent for shape in shapes])
    thin = np.repeat(np.minimum(extents[:, 2] - extents[:, 0], extents[:, 3] - extents[:, 1]), counts)[:, None]
    return [pixels(middles + (points - middles) * wide - up * thin * (0.5, 0.5), size, corner) for wide, up, _ in ROUND]


def hazed(colour: Colour, haze: tuple[Colour, float]) -> Colour:
    air, share = haze
    blue, green, red = (round(own * (1 - share) + other * share) for own, other in zip(colour, air, strict=True))
    return blue, green, red


def _texture(patch: Image, grain: Image, corner: tuple[int, int]) -> None:
    """Fixed to the picture rather than to the figure: not seen at a pixel's size, and it costs no projection."""
    high, wide = patch.shape[:2]
    left, top = corner[0] % 61, corner[1] % 53
    rows, columns = min(high, grain.shape[0] - top), min(wide, grain.shape[1] - left)
    part = patch[:rows, :columns]
    cv2.multiply(part, grain[top : top + rows, left : left + columns], part, 1 / 128.0)


def _blend(behind: Image, patch: Image, mask: Image, blur_px: float) -> None:
    length = int(min(blur_px, BLUR_PX_MAX))
    if length >= 2:
        kernel = (length | 1, 1)
        patch, mask = np.asarray(cv2.blur(patch, kernel), np.uint8), np.asarray(cv2.blur(mask, kernel), np.uint8)
    soft = cv2.GaussianBlur(mask, (3, 3), 0.6)
    smooth = cv2.GaussianBlur(patch, (3, 3), 0.5)
    weight = soft.astype(np.float32) * np.float32(1 / 255.0)
    behind[:] = cv2.blendLinear(smooth, behind, weight, 1.0 - weight)


def draw_puffs(picture: Image, one: Silhouette, *, glowing: bool) -> None:
    """Flames, smoke and light as soft balls, one over the other. glowing: those that shine, or the others."""
    size = (picture.shape[1], picture.shape[0])
    for shape in one.shapes:
        solid = shape.solid
        if isinstance(solid, Puff) and solid.glows == glowing and solid.opacity > 0.02:
            middle, rim = shape.outline * size
            ball(picture, (float(middle[0]), float(middle[1])), float(rim[0] - middle[0]), solid.colour, solid.opacity)


def ball(picture: Image, middle: tuple[float, float], radius_px: float, colour: Colour, opacity: float) -> None:
    """A soft disc over the picture, in place."""
    high, wide = picture.shape[:2]
    x1, x2 = max(0, int(middle[0] - radius_px)), min(wide, int(middle[0] + radius_px) + 2)
    y1, y2 = max(0, int(middle[1] - radius_px)), min(high, int(middle[1] + radius_px) + 2)
    if x2 - x1 < 1 or y2 - y1 < 1 or radius_px < 0.5:
        return
    across = (np.arange(x1, x2, dtype=np.float32) - np.float32(middle[0])) / np.float32(radius_px)
    down = (np.arange(y1, y2, dtype=np.float32) - np.float32(middle[1])) / np.float32(radius_px)
    fall = np.clip(1.0 - (across[None, :] ** 2 + down[:, None] ** 2), 0, 1)
    weight = (opacity * np.sqrt(fall) * fall).astype(np.float32)
    part = picture[y1:y2, x1:x2]
    over = np.empty_like(part)
    over[:] = colour
    part[:] = cv2.blendLinear(over, part, weight, 1.0 - weight)
