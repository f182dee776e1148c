"""What a stack's registry holds on disk, in the layout of Distribution's file system driver."""

import os
import shutil
from pathlib import Path

_UPLOADS = "_uploads"
_CONTENT = "data"  # the one file of a blob; it is named by its digest and never written again


def content(registry: Path) -> Path:
    """Return the root of the data of a registry's folder."""
    return registry / "data"


def registry_of(state: Path) -> Path:
    """Return the registry's folder in a twin's state."""
    return state / "registry"


def carry(source: Path, target: Path) -> None:
    """Let the registry of a fresh state begin with what another one holds; blobs take no room twice."""
    held, wanted = content(registry_of(source)), content(registry_of(target))
    if not held.is_dir():
        return
    try:
        shutil.copytree(held, wanted, copy_function=_kept, ignore=shutil.ignore_patterns(_UPLOADS))
    except OSError:  # somebody pushes at this moment; an empty registry is right as well
        shutil.rmtree(wanted, ignore_errors=True)


def _kept(source: str, target: str) -> None:
    if Path(source).name != _CONTENT:
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
