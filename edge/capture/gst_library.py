"""The part of GStreamer's C interface that a decoder needs, by ctypes: its libraries are the system's own, whose Python
binding (`gi`) exists for the system's Python only.

Layouts are those of GStreamer 1.x on 64 bits, which keeps them stable. Nothing is loaded before `loaded()` is called.
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint64, c_void_p
from functools import cache
from typing import Any

from edge.capture.camera import CameraError

NO_TIME = 2**64 - 1
STATE_NULL, STATE_PLAYING, STATE_FAILED = 1, 4, 0
FLOW_OK = 0
MESSAGE_ERROR = 1 << 1
MAP_READ = 1
PLANES_MAX = 4
NAMES = ("libgstreamer-1.0.so.0", "libgstapp-1.0.so.0", "libgstvideo-1.0.so.0")
INSTALL = (
    "install GStreamer (Debian, Ubuntu: apt install gstreamer1.0-plugins-bad gstreamer1.0-libav; on a Jetson also "
    "nvidia-l4t-gstreamer), or set `decoder: ffmpeg`"
)


class GError(ctypes.Structure):
    _fields_ = (("domain", ctypes.c_uint32), ("code", c_int), ("message", c_char_p))


class Buffer(ctypes.Structure):
    """GstBuffer; the first 64 bytes are its GstMiniObject."""

    _fields_ = (
        ("mini_object", c_uint8 * 64),
        ("pool", c_void_p),
        ("pts", c_uint64),
        ("dts", c_uint64),
        ("duration", c_uint64),
    )


class MapInfo(ctypes.Structure):
    _fields_ = (
        ("memory", c_void_p),
        ("flags", c_int),
        ("data", c_void_p),
        ("size", c_size_t),
        ("maxsize", c_size_t),
        ("reserved", c_void_p * 8),
    )


class VideoInfo(ctypes.Structure):
    _fields_ = (
        ("format_info", c_void_p),
        ("interlace_mode", c_int),
        ("flags", c_int),
        ("width", c_int),
        ("height", c_int),
        ("size", c_size_t),
        ("views", c_int),
        ("chroma_site", c_int),
        ("colour_range", c_int),
        ("colour_matrix", c_int),
        ("colour_transfer", c_int),
        ("colour_primaries", c_int),
        ("par_n", c_int),
        ("par_d", c_int),
        ("fps_n", c_int),
        ("fps_d", c_int),
        ("offset", c_size_t * PLANES_MAX),
        ("stride", c_int * PLANES_MAX),
        ("reserved", c_void_p * 4),
    )


class VideoFrame(ctypes.Structure):
    """A buffer mapped plane by plane, whatever padding its decoder left between lines and planes."""

    _fields_ = (
        ("info", VideoInfo),
        ("flags", c_int),
        ("buffer", c_void_p),
        ("meta", c_void_p),
        ("id", c_int),
        ("data", c_void_p * PLANES_MAX),
        ("map", MapInfo * PLANES_MAX),
        ("reserved", c_void_p * 4),
    )


_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "gst_init_check": (c_int, (c_void_p, c_void_p, POINTER(POINTER(GError)))),
    "gst_parse_launch": (c_void_p, (c_char_p, POINTER(POINTER(GError)))),
    "gst_bin_get_by_name": (c_void_p, (c_void_p, c_char_p)),
    "gst_element_factory_find": (c_void_p, (c_char_p,)),
    "gst_element_set_state": (c_int, (c_void_p, c_int)),
    "gst_element_get_bus": (c_void_p, (c_void_p,)),
    "gst_bus_pop_filtered": (c_void_p, (c_void_p, c_int)),
    "gst_message_parse_error": (None, (c_void_p, POINTER(POINTER(GError)), c_void_p)),
    "gst_buffer_new_allocate": (POINTER(Buffer), (c_void_p, c_size_t, c_void_p)),
    "gst_buffer_fill": (c_size_t, (POINTER(Buffer), c_size_t, c_char_p, c_size_t)),
    "gst_sample_get_buffer": (POINTER(Buffer), (c_void_p,)),
    "gst_sample_get_caps": (c_void_p, (c_void_p,)),
    "gst_mini_object_unref": (None, (c_void_p,)),
    "gst_object_unref": (None, (c_void_p,)),
    "gst_app_src_push_buffer": (c_int, (c_void_p, POINTER(Buffer))),
    "gst_app_src_end_of_stream": (c_int, (c_void_p,)),
    "gst_app_sink_try_pull_sample": (c_void_p, (c_void_p, c_uint64)),
    "gst_app_sink_is_eos": (c_int, (c_void_p,)),
    "gst_video_info_from_caps": (c_int, (POINTER(VideoInfo), c_void_p)),
    "gst_video_frame_map": (c_int, (POINTER(VideoFrame), POINTER(VideoInfo), POINTER(Buffer), c_int)),
    "gst_video_frame_unmap": (None, (POINTER(VideoFrame),)),
    "g_error_free": (None, (POINTER(GError),)),
}


class Library:
    """The functions by their C names, with their types."""

    def __init__(self) -> None:
        """Raises OSError, AttributeError when a library or a function of it is absent."""
        handles = [ctypes.CDLL(name) for name in (*NAMES, "libglib-2.0.so.0")]
        for name, (result, arguments) in _SIGNATURES.items():
            function = next((getattr(handle, name) for handle in handles if hasattr(handle, name)), None)
            if function is None:
                raise AttributeError(name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:  # for type checkers: all are set at the start
        raise AttributeError(name)

    def has(self, element: str) -> bool:
        found = self.gst_element_factory_find(element.encode())
        if found:
            self.gst_object_unref(found)
        return bool(found)

    def words_of(self, error: "ctypes._Pointer[GError]") -> str:
        """Frees the error."""
        if not error:
            return "no reason given"
        words = (error.contents.message or b"").decode(errors="replace")
        self.g_error_free(error)
        return " ".join(words.split())


@cache
def loaded() -> Library:
    """Loaded and initialised once a process. Raises CameraError, which says what to install."""
    try:
        opened = Library()
    except (OSError, AttributeError) as absent:
        raise CameraError(f"GStreamer is not there ({absent}); {INSTALL}") from absent
    error = POINTER(GError)()
    if not opened.gst_init_check(None, None, byref(error)):
        raise CameraError(f"GStreamer does not start ({opened.words_of(error)}); {INSTALL}")
    return opened
