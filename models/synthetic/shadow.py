"""Where figures keep the light from the ground."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.synthetic.figures import Face, Limb, Puff
from models.synthetic.paint import SHIFT, Image, pixels
from models.synthetic.silhouette import Silhouette, capsule_outlines
from models.synthetic.view import Points, View

FLATTENED = 0.4  # a shadow lies on the ground, which is seen at a slant


def shadow_mask(view: View, silhouettes: Sequence[Silhouette], size: tuple[int, int], sun: Points) -> Image:
    """(h, w) 255 where no sun falls. sun: where shadows fall, metres `[x, z]` per metre of height; zeros are a cloudy
    sky, under which there is only a dark place below.
    """
    mask = np.zeros((size[1], size[0]), np.uint8)
    for one in silhouettes:
        if np.any(sun):
            for outline in _cast(view, one, sun):
                cv2.fillPoly(mask, [pixels(outline, size)], (255,), cv2.LINE_AA, SHIFT)
        elif one.figure.up_m == 0 and one.figure.actor.kind not in ("lamp", "sun", "fire", "smoke"):
            cv2.fillPoly(mask, [pixels(_contact(view, one), size)], (255,), cv2.LINE_AA, SHIFT)
    return mask


def _cast(view: View, one: Silhouette, sun: Points) -> list[Points]:
    """The shadow of every solid on the ground; a limb's is a flattened limb."""
    solids = [shape.solid for shape in one.shapes if not isinstance(shape.solid, Puff)]
    limbs = [solid for solid in solids if isinstance(solid, Limb)]
    outlines: list[Points] = []
    if limbs:
        ends = np.array([[limb.a, limb.b] for limb in limbs]).reshape(-1, 3)
        ground = ends[:, [0, 2]] + ends[:, 1:2] * sun
        lying = np.stack([ground[:, 0], np.zeros(len(ground)), ground[:, 1]], axis=1)
        radii = np.repeat([limb.radius_m for limb in limbs], 2) * view.focal / view.depth_m(lying)
        squash = np.array([1.0, view.aspect * FLATTENED])
        centres = view.project(lying) / squash
        outlines += list(capsule_outlines(centres.reshape(-1, 2, 2), radii.reshape(-1, 2)) * squash)
    for face in (solid for solid in solids if isinstance(solid, Face) and solid.lift_m == 0):
        outlines.append(view.ground(face.points[:, [0, 2]] + face.points[:, 1:2] * sun))
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


def darken(picture: Image, mask: Image, share: float) -> None:
    """By `share` where the mask says; only as much of the picture is touched as lies in some shadow."""
    x, y, wide, high = cv2.boundingRect(mask)
    if not (wide and high):
        return
    ratio = picture.shape[1] / mask.shape[1], picture.shape[0] / mask.shape[0]
    x1, y1 = int(max(x - 3, 0) * ratio[0]), int(max(y - 3, 0) * ratio[1])
    x2, y2 = int(min(x + wide + 3, mask.shape[1]) * ratio[0]), int(min(y + high + 3, mask.shape[0]) * ratio[1])
    part = picture[y1:y2, x1:x2]
    soft = cv2.GaussianBlur(mask[max(y - 3, 0) : y + high + 3, max(x - 3, 0) : x + wide + 3], (5, 5), 1.2)
    whole = cv2.resize(soft, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    light = cv2.convertScaleAbs(whole, alpha=-share, beta=255.0)
    cv2.multiply(part, cv2.merge([light, light, light]), part, 1 / 255.0)


def brighten(picture: Image, mask: Image, colour: tuple[int, int, int]) -> None:
    """Adds light of this colour where the mask says, with soft edges."""
    x, y, wide, high = cv2.boundingRect(mask)
    if not (wide and high):
        return
    ratio = picture.shape[1] / mask.shape[1], picture.shape[0] / mask.shape[0]
    x1, y1, x2, y2 = int(x * ratio[0]), int(y * ratio[1]), int((x + wide) * ratio[0]), int((y + high) * ratio[1])
    part = picture[y1:y2, x1:x2]
    soft = cv2.resize(cv2.GaussianBlur(mask[y : y + high, x : x + wide], (0, 0), 4), (x2 - x1, y2 - y1))
    light = cv2.merge([cv2.convertScaleAbs(soft, alpha=channel / 255) for channel in colour])
    cv2.add(part, light, part)
