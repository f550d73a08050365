"""Everything that can go wrong in `ml`. The message tells the fix."""


class MLError(Exception):
    """Something went wrong in ml."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DuplicateEncoder(MLError):
    """An encoder of that name and version is already registered: raise its version."""


class UnknownEncoder(MLError):
    """No encoder of that name is registered."""


class InvalidSpec(MLError):
    """An encoder's specification contradicts itself."""


class MissingResource(MLError):
    """A file that an encoder needs is not installed: install the project's dependencies."""


class MissingWeights(MLError):
    """Weights that are downloaded are not there and cannot be fetched: put the file there."""


class CorruptResource(MLError):
    """A file that an encoder needs is not the one declared: reinstall the package it is from."""


class EncoderNotReady(MLError):
    """The encoder has no ONNX export: run python -m ml.encoders.export."""


class ExportMismatch(MLError):
    """An ONNX export does not compute what torch computes, and was not kept."""


class BadInput(MLError):
    """An input is not what the encoder takes: uint8 (H, W, 3) RGB arrays, or strings."""


class BadOutput(MLError):
    """An encoder gave a vector of the wrong shape, or a non-finite or zero one."""


class BadData(MLError):
    """What a model is to learn from, or be measured on, is not there or not as it should be."""
