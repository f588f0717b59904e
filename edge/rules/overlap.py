"""How much two boxes are one."""

from edge.tracking.track import Box


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0..1; boxes `[x1, y1, x2, y2]` in any one unit."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)
