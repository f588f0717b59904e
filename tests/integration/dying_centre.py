"""A centre that is killed between its commit and its answer: `python -m tests.integration.dying_centre DIR`."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from central.app import Centre
from central.settings import CentralFolder


class DyingCentre(Centre):
    def tell_stored(self, incident_ids: Sequence[str]) -> None:
        del incident_ids
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    DyingCentre.open(CentralFolder(Path(sys.argv[1]))).start()
    threading.Event().wait(60)
