"""How often a camera is looked at: every frame that is taken, or fewer."""

FOLLOWED_FPS_MIN = 5.0  # while something is followed: below, tracks of walkers break
ROUNDING_S = 1e-6


class Pace:
    """fps_max: frames looked at per second of the stream; None: all. A frame that comes too soon is passed over."""

    def __init__(self, fps_max: float | None = None) -> None:
        self._fps_max = fps_max
        self._looked_s: float | None = None
        self._following = False

    def due(self, stream_s: float) -> bool:
        if self._fps_max is None or self._looked_s is None:
            return True
        fps = max(self._fps_max, FOLLOWED_FPS_MIN) if self._following else self._fps_max
        return stream_s - self._looked_s >= 1 / fps - ROUNDING_S

    def looked(self, stream_s: float, tracks: int) -> None:
        """At the frame of that time; in it `tracks` objects are followed."""
        self._looked_s, self._following = stream_s, tracks > 0
