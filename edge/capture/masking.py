"""A camera's address as people may read it: never with its password."""

import re

_USER_INFO = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/?#@:\s]*):(?P<password>[^/?#\s]*)@", re.IGNORECASE
)
# Many cameras take the password as a parameter of the path: rtsp://host/user=admin&password=x, ..._password=x_channel=1
_PARAMETER = re.compile(r"(?P<name>pass(?:word|wd)?|pwd|token)=(?P<value>[^&;_/\s]*)", re.IGNORECASE)


def masked(text: str) -> str:
    """`text` (an address, or a message that holds one) with every password replaced by `***`."""
    return _PARAMETER.sub(r"\g<name>=***", _USER_INFO.sub(r"\g<scheme>\g<user>:***@", text))
