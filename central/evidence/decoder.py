"""Decodes a still once, to see that it is what it says, in a child process: a native decoder can crash or hang.

Run as `python -m central.evidence.decoder` it is the child: a JSON line in (`path`), a JSON line out (`fault`).
"""

import json
import logging
import os
import resource
import select
import subprocess
import sys
import threading
from pathlib import Path

PICTURE_BYTES_MAX = 64 * 1024 * 1024
PIXELS_MAX = 64 * 1024 * 1024
MEMORY_BYTES_MAX = 2 * 1024**3
ANSWER_TIMEOUT_S = 20.0

log = logging.getLogger(__name__)


class PictureDecoder:
    """One child for all pictures, started when it is first needed and again when it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def fault(self, path: Path) -> str | None:
        """Why the file is no picture; None when it decodes."""
        if path.stat().st_size > PICTURE_BYTES_MAX:
            return f"it is larger than {PICTURE_BYTES_MAX} bytes"
        with self._lock:
            child = self._running()
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(json.dumps({"path": str(path.resolve())}).encode() + b"\n")
                child.stdin.flush()
                ready, _, _ = select.select([child.stdout], [], [], ANSWER_TIMEOUT_S)
                line = child.stdout.readline() if ready else b""
            except BrokenPipeError:
                line = b""
            if not line:
                self._end()
                log.warning("the picture decoder died or hung on %s", path.name)
                return "decoding it broke the decoder"
            fault: str | None = json.loads(line)["fault"]
            return fault

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "central.evidence.decoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                env=os.environ | {"OPENCV_IO_MAX_IMAGE_PIXELS": str(PIXELS_MAX), "OMP_NUM_THREADS": "1"},
            )
        return self._child

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        self._child.wait()
        self._child = None


def _serve() -> None:
    """Ends with its parent: standard input closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import cv2

    cv2.setNumThreads(1)
    for line in sys.stdin:
        fault = None
        try:
            if cv2.imread(json.loads(line)["path"], cv2.IMREAD_UNCHANGED) is None:
                fault = "it does not decode"
        except (cv2.error, MemoryError):
            fault = "it does not decode"
        print(json.dumps({"fault": fault}), flush=True)


if __name__ == "__main__":
    _serve()
