"""What keeps a box from delivering, each as one line that says what to do.

DeliveryError
|-- OutboxError        the outbox cannot be opened, read or written
|   `-- OutboxFullError    it refuses a commit rather than drop what it holds
|-- BrokerError        the broker's address or answer is not usable
|-- UploadError        one file cannot be sent, or not yet
|-- CommandRefusedError    a command of the centre that this box will not carry out, and why
`-- EnrolmentError     the centre and this box do not agree to know each other
"""


class DeliveryError(Exception):
    """Base of the tree: what composition roots catch."""


class OutboxError(DeliveryError):
    """The outbox cannot be opened, read or written."""


class OutboxFullError(OutboxError):
    """The disk's floor or the row limit is reached; nothing was committed, nothing was dropped."""


class BrokerError(DeliveryError):
    """The broker's address is malformed or it refuses this box."""


class UploadError(DeliveryError):
    """One file cannot be sent, or not yet."""


class EnrolmentError(DeliveryError):
    """The centre refused this box, or is not the centre that the token was made by."""


class CommandRefusedError(DeliveryError):
    """A command cannot be carried out; the message is the reason that the centre is told."""
