"""What can go wrong between a source tree and a registry.

ImageError
├── BuildToolError       no engine, or no buildx
├── BuildFailedError     the build itself said no
└── RegistryError        the registry refused, or did not answer
"""


class ImageError(Exception):
    """Say what went wrong with an image, and what to do next; `code` names the finding."""

    code = "ST023"


class BuildToolError(ImageError):
    """Say that the tools to build with are not there."""


class BuildFailedError(ImageError):
    """Carry the last lines of a failed build."""

    def __init__(self, command: str, output: str) -> None:
        lines = [line for line in output.splitlines() if line.strip()][-12:]
        super().__init__(f"the image build failed ({command}):\n  " + "\n  ".join(lines))


class RegistryError(ImageError):
    """Say that the registry refused a request or gave no answer."""
