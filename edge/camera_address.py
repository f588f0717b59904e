"""A camera's address as a command is told it: a password in it comes best from a private file or standard input; on the
command line everybody on the machine can read it.
"""

import re
import stat
import sys
from getpass import getpass
from pathlib import Path

from edge.settings import SettingsError

LINE_CHARS_MAX = 4096
_PLACEHOLDER = re.compile(r"\$\{[^}]+\}")
_USER_PASSWORD = re.compile(
    r"^(?P<before>[a-z][a-z0-9+.-]*://[^/?#@:\s]*:)(?!\d{1,5}/)(?P<password>\S*)(?P<after>@[^@]*)$", re.IGNORECASE
)
_PARAMETER = re.compile(
    r"^(?P<before>.*?(?:pass(?:word|wd)?|pwd|token)=)(?P<password>[^&;_/\s]+)(?P<after>.*)$", re.IGNORECASE
)


def told_address(told: str, option: str) -> str:
    """told: an address or path; `@FILE`, whose first line is an address; or `-` for a line of standard input, where a
    person at a terminal is asked without an echo. option: how errors call it, as `--camera gate`.

    A password that is written out is taken and warned of. Raises SettingsError where no address comes; never with what
    it was.
    """
    if told == "-":
        given = getpass(f"{option}, its address: ") if sys.stdin.isatty() else sys.stdin.readline(LINE_CHARS_MAX)
        return _address(given.strip(), f"{option}: standard input")
    if told.startswith("@"):
        return _address(private_line(Path(told[1:])).strip(), f"{option}: {told[1:]}")
    if split_password(told, "")[1] is not None:
        print(
            f"xunjian edge: {option}: taken, but everybody here can read a password on a command line, and the "
            "shell keeps it: next time give @FILE with the address in it (chmod 600), or - and the address on standard "
            "input, or ${NAME} of the environment in its place",
            file=sys.stderr,
        )
    return told


def split_password(source: str, key_file: str) -> tuple[str, str | None]:
    """The source with `${key_file}` in the place of its password, and the password; the source itself without one."""
    for pattern in (_USER_PASSWORD, _PARAMETER):
        match = pattern.match(source) if "://" in source else None
        if match and match["password"] and not _PLACEHOLDER.fullmatch(match["password"]):
            return f"{match['before']}${{{key_file}}}{match['after']}", match["password"]
    return source, None


def private_line(path: Path) -> str:
    """The first line of a file, or of a pipe as bash's `<(...)` makes it, that only its owner can read. Raises
    SettingsError.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(f"{path} can be read by others: chmod 600 {path}")
        with path.open(encoding="utf-8") as file:
            return file.readline(LINE_CHARS_MAX).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error})") from error


def _address(text: str, origin: str) -> str:
    if "://" not in text:
        raise SettingsError(f"{origin} holds no address; its first line is to be rtsp://USER:PASSWORD@HOST/PATH")
    return text
