"""What can go wrong with a model, each as one line that says what to do.

ModelError
|-- PackageError   the package on disk, or what the registry says about it
`-- EngineError    the runtime that should execute it
"""


class ModelError(Exception):
    """Base of the tree: what composition roots catch."""


class PackageError(ModelError):
    """A package is missing, incomplete, not what its card or the registry says, or not made for this use."""


class EngineError(ModelError):
    """The inference runtime is not installed, cannot read the weights, or is not the one that was asked for."""
