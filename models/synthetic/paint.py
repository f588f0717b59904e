"""Figures as pixels: shapes with rounded shading, soft edges and the blur of what moves while the shutter is open."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.figures import Colour, Limb, Puff, shade
from models.synthetic.silhouette import Shape, Silhouette
from models.synthetic.view import Points, View

Image = NDArray[np.uint8]
MARGIN_PX = 4
SHIFT = 4  # sixteenths of a pixel
BLUR_PX_MAX = 31


def pixels(outline: Points, size: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> NDArray[np.int32]:
    """Relative points -> fixed-point pixels of a patch whose upper left corner is `corner`."""
    places = np.clip(outline, -4.0, 5.0) * size - 0.5 - corner
    return np.asarray(np.round(places * (1 << SHIFT)), np.int32)


def extent(shapes: Sequence[Shape], size: tuple[int, int], margin_px: int) -> tuple[slice, slice] | None:
    """Rows and columns of the picture that the shapes touch; None when they are outside."""
    if not shapes:
        return None
    points = np.concatenate([shape.outline for shape in shapes])
    low = np.floor(points.min(axis=0) * size).astype(int) - margin_px
    high = np.ceil(points.max(axis=0) * size).astype(int) + margin_px
    x1, y1 = np.clip(low, 0, size).tolist()
    x2, y2 = np.clip(high, 0, size).tolist()
    return (slice(y1, y2), slice(x1, x2)) if x2 - x1 > 1 and y2 - y1 > 1 else None


def draw(picture: Image, one: Silhouette, haze: tuple[Colour, float], blur_px: float, grain: Image) -> None:
    """Onto the picture, (H, W, 3) BGR. haze: its colour and share; blur_px: how far it moves across the picture while
    the shutter is open; grain: (h, w) cloth and dirt, 128 is none.
    """
    size = (picture.shape[1], picture.shape[0])
    shapes = [shape for shape in one.shapes if not isinstance(shape.solid, Puff)]
    around = extent(shapes, size, MARGIN_PX + int(min(blur_px, BLUR_PX_MAX)))
    if around is None:
        return
    rows, columns = around
    corner = (columns.start, rows.start)
    behind = picture[rows, columns]
    patch, mask = behind.copy(), np.zeros(behind.shape[:2], np.uint8)
    for shape in shapes:
        solid = shape.solid
        assert not isinstance(solid, Puff)
        outline = pixels(shape.outline, size, corner)
        cv2.fillPoly(mask, [outline], (255,), cv2.LINE_AA, SHIFT)
        colour = hazed(solid.colour, haze)
        if isinstance(solid, Limb):
            cv2.fillPoly(patch, [outline], shade(colour, 0.8), cv2.LINE_AA, SHIFT)
            cv2.fillPoly(patch, [_lit(outline, 0.72)], colour, cv2.LINE_AA, SHIFT)
            cv2.fillPoly(patch, [_lit(outline, 0.36)], shade(colour, 1.14), cv2.LINE_AA, SHIFT)
        else:
            cv2.fillPoly(patch, [outline], colour, cv2.LINE_AA, SHIFT)
    _texture(patch, grain, corner)
    _blend(behind, patch, mask, blur_px)


def hazed(colour: Colour, haze: tuple[Colour, float]) -> Colour:
    air, share = haze
    blue, green, red = (round(own * (1 - share) + other * share) for own, other in zip(colour, air, strict=True))
    return blue, green, red


def _lit(outline: NDArray[np.int32], part: float) -> NDArray[np.int32]:
    """The side of a limb that the light falls on: a narrower outline, pushed up and left."""
    middle = outline.mean(axis=0)
    reach = np.abs(outline - middle).min(axis=0).clip(1) + np.abs(outline - middle).max(axis=0) * 0.1
    moved = middle + (outline - middle) * (0.35 + 0.65 * part) - (1 - part) * np.minimum(reach, 40) * (0.6, 0.5)
    return np.asarray(moved, np.int32)


def _texture(patch: Image, grain: Image, corner: tuple[int, int]) -> None:
    """Fixed to the picture rather than to the figure: not seen at a pixel's size, and it costs no projection."""
    high, wide = patch.shape[:2]
    left, top = corner[0] % 61, corner[1] % 53
    rows, columns = min(high, grain.shape[0] - top), min(wide, grain.shape[1] - left)
    over = grain[top : top + rows, left : left + columns]
    part = patch[:rows, :columns]
    cv2.multiply(part, cv2.merge([over, over, over]), part, 1 / 128.0)


def _blend(behind: Image, patch: Image, mask: Image, blur_px: float) -> None:
    length = int(min(blur_px, BLUR_PX_MAX))
    if length >= 2:
        kernel = (length | 1, 1)
        patch, mask = cv2.blur(patch, kernel), cv2.blur(mask, kernel)  # type: ignore[assignment]
    soft = cv2.GaussianBlur(mask, (3, 3), 0.6)
    smooth = cv2.GaussianBlur(patch, (3, 3), 0.5)
    weight = soft.astype(np.float32) * (1 / 255.0)
    behind[:] = cv2.blendLinear(smooth, behind, weight, 1.0 - weight)


def draw_puffs(picture: Image, one: Silhouette, *, glowing: bool) -> None:
    """Flames, smoke and light as soft balls, one over the other. glowing: those that shine, or the others."""
    size = (picture.shape[1], picture.shape[0])
    for shape in one.shapes:
        solid = shape.solid
        if not isinstance(solid, Puff) or solid.glows != glowing or solid.opacity <= 0.02:
            continue
        middle, rim = shape.outline * size
        _ball(picture, (float(middle[0]), float(middle[1])), float(rim[0] - middle[0]), solid)


def _ball(picture: Image, middle: tuple[float, float], radius_px: float, solid: Puff) -> None:
    high, wide = picture.shape[:2]
    x1, x2 = max(0, int(middle[0] - radius_px)), min(wide, int(middle[0] + radius_px) + 2)
    y1, y2 = max(0, int(middle[1] - radius_px)), min(high, int(middle[1] + radius_px) + 2)
    if x2 - x1 < 1 or y2 - y1 < 1 or radius_px < 0.5:
        return
    across = (np.arange(x1, x2, dtype=np.float32) - middle[0]) / radius_px
    down = (np.arange(y1, y2, dtype=np.float32) - middle[1]) / radius_px
    fall = np.clip(1.0 - (across[None, :] ** 2 + down[:, None] ** 2), 0, 1)
    weight = solid.opacity * np.sqrt(fall) * fall if not solid.glows else solid.opacity * fall
    part = picture[y1:y2, x1:x2]
    over = np.empty_like(part)
    over[:] = solid.colour
    part[:] = cv2.blendLinear(over, part, weight, 1.0 - weight)


def shadow_mask(view: View, silhouettes: Sequence[Silhouette], size: tuple[int, int], sun: Points) -> Image:
    """(h, w) where no sun falls, 255 in the core. sun: where shadows fall, metres `[x, z]` per metre of height; none at
    all is a cloudy sky, under which there is only a dark place below.
    """
    mask = np.zeros((size[1], size[0]), np.uint8)
    for one in silhouettes:
        up_m = one.figure.up_m
        outlines = _cast(view, one, sun) if np.any(sun) else [_contact(view, one)]
        if up_m == 0 or np.any(sun):
            cv2.fillPoly(mask, [pixels(outline, size) for outline in outlines], (255,), cv2.LINE_AA, SHIFT)
    return mask


def _cast(view: View, one: Silhouette, sun: Points) -> list[Points]:
    """The hull of every solid's shadow on the ground."""
    outlines = []
    for shape in one.shapes:
        solid = shape.solid
        if isinstance(solid, Puff):
            continue
        if isinstance(solid, Limb):
            ends = np.stack([solid.a, solid.b])
            across = np.array([[solid.radius_m, 0.0, 0.0], [0.0, 0.0, 1.4 * solid.radius_m]])
            points = np.concatenate([ends + across[0], ends - across[0], ends + across[1], ends - across[1]])
        else:
            points = solid.points
        ground = points[:, [0, 2]] + points[:, 1:2] * sun
        hull = cv2.convexHull(view.ground(ground).astype(np.float32))[:, 0].astype(np.float64)
        outlines.append(hull)
    return outlines


def _contact(view: View, one: Silhouette) -> Points:
    """An ellipse on the ground below the figure."""
    kind, pose = one.figure.actor.kind, one.figure.pose
    long_m, wide_m = {"car": (2.2, 1.0), "truck": (3.0, 1.2), "bus": (5.3, 1.4)}.get(kind, (0.35, 0.3))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    forward = np.array(pose.heading)
    left = np.array([-forward[1], forward[0]])
    rim = np.cos(angles)[:, None] * long_m * forward + np.sin(angles)[:, None] * wide_m * left
    return view.ground(rim + np.array([pose.x, pose.z]))
