"""What can go wrong between a source tree and a registry.

ImageError
├── BuildToolError       no engine, or no buildx
├── BuildFailedError     the build itself said no
│   ├── BaseImageError   what the image starts from cannot be had
│   └── PlatformError    this machine cannot run what the image is for
└── RegistryError        the registry refused, or did not answer
"""


class ImageError(Exception):
    """Say what went wrong with an image; `code` names the finding, `fix` the next step."""

    code = "ST023"
    fix = "Correct what the message names, then run the command again; nothing was deployed."


class BuildToolError(ImageError):
    """Say that the tools to build with are not there."""

    fix = "Install Docker with buildx and start its engine, or rehearse with --mode process."


class BuildFailedError(ImageError):
    """Carry the last lines of a failed build."""

    def __init__(self, command: str, output: str) -> None:
        lines = [line for line in output.splitlines() if line.strip()][-12:]
        super().__init__(f"the image build failed ({command}):\n  " + "\n  ".join(lines))


class BaseImageError(BuildFailedError):
    """Say that the base image could not be pulled."""

    fix = "Set BASE_IMAGE to a Python image that can be pulled here, or use --mode process."


class PlatformError(BuildFailedError):
    """Say that the image is for a processor that neither this machine nor Container Apps has."""

    code = "ST006"
    fix = "Set image.platform to linux/amd64: Container Apps runs no other."


class RegistryError(ImageError):
    """Say that the registry refused a request or gave no answer."""
