"""Port: where media lie, by their hash; and where uploads gather until they are whole."""

from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path


class StoreError(Exception):
    """The store cannot be read or written now: full disk, I/O error. What was durable before still is."""


class WrongHashError(Exception):
    """The bytes that gathered are not those that the hash names. They have been discarded."""


class Incoming(ABC):
    """An upload being written to. Not thread-safe; one at a time for each upload."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Raises StoreError."""

    @abstractmethod
    def close(self) -> int:
        """Makes everything durable; gives how many bytes there are now. Raises StoreError."""


class MediaStore(ABC):
    """sha256: lower-case hex; upload_id: 32 hex digits. No other name reaches a file."""

    @abstractmethod
    def begin(self, upload_id: str) -> None:
        """A new, empty upload. Raises StoreError."""

    @abstractmethod
    def received(self, upload_id: str) -> int | None:
        """How many bytes of an upload are here; None for an upload that is not."""

    @abstractmethod
    def resume(self, upload_id: str, offset: int) -> Incoming:
        """Goes on writing at `offset`, which is where the upload ends. Raises StoreError."""

    @abstractmethod
    def keep(self, upload_id: str, sha256: str) -> Path:
        """A whole upload becomes the file of that hash, durably. Raises WrongHashError, StoreError."""

    @abstractmethod
    def discard(self, upload_id: str) -> None:
        """Forgets an upload; nothing when it is gone already."""

    @abstractmethod
    def uploads(self) -> dict[str, datetime]:
        """Uploads that are not whole yet, and when each was last written to."""

    @abstractmethod
    def find(self, sha256: str) -> Path | None:
        """The file of that hash, whole, or None."""

    @abstractmethod
    def free_bytes(self) -> int:
        """Room that is left for more."""
