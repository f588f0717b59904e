"""FFmpeg's errors as lines that say what to check."""

import errno

import av.error


def why_not_opened(error: av.error.FFmpegError, *, is_file: bool) -> str:
    match error:
        case av.error.FileNotFoundError():
            return "no such file; check the path"
        case av.error.PermissionError():
            return "may not be read; check the file's permissions"
        case av.error.IsADirectoryError():
            return "is a folder; give one video file"
        case av.error.InvalidDataError() | av.error.EOFError() if is_file:
            return (
                "is not a video that can be read (wrong format, or cut off before its index); copy or record it again"
            )
        case av.error.HTTPNotFoundError():
            return "the camera has no stream of this path; check the address in its manual"
        case av.error.InvalidDataError() | av.error.EOFError():
            return "what answers there is no camera that speaks RTSP; check address and port"
        case av.error.ExitError() | av.error.TimeoutError():
            return "does not answer in time; check that it is switched on and that the network reaches it"
        case _:
            return f"cannot be opened ({reason(error)}); check the address and the network"


def reason(error: av.error.FFmpegError) -> str:
    """FFmpeg's own words, without the address, which may hold a password."""
    if isinstance(error, av.error.ExitError):
        return "nothing more came in time"
    if error.errno == errno.EIO:  # what FFmpeg's RTSP says of a connection that is cut or too slow
        return "the stream broke off, or nothing more came in time"
    return error.strerror or type(error).__name__
