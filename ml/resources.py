"""Files that encoders are made of, checked by content. Those inside installed packages are found
without importing the package."""

import hashlib
import importlib.util
from pathlib import Path

from ml.errors import CorruptResource, MissingResource
from ml.specs import Resource


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def locate(resource: Resource) -> Path:
    """Where the file lies. The package is not imported: some import torch when they are.

    Raises MissingResource.
    """
    found = importlib.util.find_spec(resource.package)
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder, resource.path)
        if path.is_file():
            return path
    raise MissingResource(
        f"{resource.path} of the package {resource.package} is not installed: "
        "install the project's dependencies (pip install -e .)"
    )


def verified(resource: Resource) -> Path:
    """Where the file lies, once its content is the declared one.

    Raises MissingResource, CorruptResource.
    """
    return checked(
        locate(resource),
        resource.sha256,
        f"reinstall the package {resource.package}, or declare a new encoder version",
    )


def checked(path: Path, digits: str, advice: str) -> Path:
    """The path, once the file's sha256 begins with `digits` (hex). Raises CorruptResource."""
    found = sha256(path)
    if not found.startswith(digits):
        raise CorruptResource(f"{path} has sha256 {found}, declared is {digits}: {advice}")
    return path
