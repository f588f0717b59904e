"""What the centre tells its operator, each as one line that says what to do.

CentralError
|-- SettingsError    central.yaml, or a folder that is not a centre's
|-- StorageError     database or media folder cannot be read or written
`-- AddressError     a port that is taken, an address that cannot be listened on
"""


class CentralError(Exception):
    """Base of the tree: what `main` catches."""


class SettingsError(CentralError):
    """central.yaml is absent, unreadable, or says something unknown."""


class StorageError(CentralError):
    """The database or the media folder cannot be used."""


class AddressError(CentralError):
    """An address that cannot be listened on."""
