"""Whether GStreamer's own decoders are on this machine, or what to install."""

from functools import cache

import pytest

from edge.capture import gst_library
from edge.capture.camera import CameraError

WITHOUT_GSTREAMER = "no GStreamer decoders: apt install gstreamer1.0-plugins-bad gstreamer1.0-libav"


@cache
def gstreamer_decodes() -> bool:
    try:
        library = gst_library.loaded()
    except CameraError:
        return False
    return all(library.has(element) for element in ("h264parse", "h265parse", "avdec_h264", "avdec_h265"))


needs_gstreamer = pytest.mark.skipif(not gstreamer_decodes(), reason=WITHOUT_GSTREAMER)
DECODERS = ("ffmpeg", pytest.param("gstreamer", marks=needs_gstreamer))  # as box.yaml names them
