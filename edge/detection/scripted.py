"""Detections from a file in the place of a network: for tests that kill things, for rendered scenes, for the demo."""

import hashlib
from pathlib import Path

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError, FrameDetector
from edge.detection.script import ScriptError, parse_script
from models.detector.detections import Detections


class ScriptedDetector(FrameDetector):
    """Raises DetectorError when the file cannot be read or a line of it is wrong."""

    def __init__(self, path: Path) -> None:
        try:
            data = path.read_bytes()
            self._script = parse_script(data.decode("utf-8"))
        except (ScriptError, UnicodeDecodeError) as error:
            raise DetectorError(f"detections {path}: {error}") from error
        except OSError as error:
            raise DetectorError(
                f"detections {path}: cannot be read ({error.strerror}); give a readable file"
            ) from error
        self.class_names = self._script.class_names
        self.name = "scripted"
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.engine = "scripted"
        self.precision = "exact"

    def detect(self, frame: Frame) -> Detections:
        return self._script.at(frame.stream_s)
