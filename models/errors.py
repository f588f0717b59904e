"""What can go wrong with a model, each as one line that says what to do.

ModelError
|-- PackageError   the package on disk, or what the registry says about it
|-- EngineError    the runtime that should execute it
`-- ScenarioError  a scene that cannot be rendered
"""


class ModelError(Exception):
    """Base of the tree: what composition roots catch."""


class PackageError(ModelError):
    """A package is missing, incomplete, not what its card or the registry says, or not made for this use."""


class EngineError(ModelError):
    """The inference runtime is not installed, cannot read the weights, or is not the one that was asked for."""


class ScenarioError(ModelError):
    """A scenario's file is wrong, or it cannot be rendered as asked; the message names the file."""
