"""Images in the local engine: pulled by digest, and older ones of a repository let go."""

from docker import DockerClient
from docker.errors import APIError, ImageNotFound
from docker.models.images import Image

from infra.twin.platform import PulledImage

PLATFORM = "linux/amd64"


def repository_of(image: PulledImage) -> str:
    """Return the name of an image's repository with its registry."""
    name = image.reference.partition("@")[0]
    head, _, tag = name.rpartition(":")
    return head if head and "/" not in tag else name


def local_reference(image: PulledImage) -> str:
    """Return the name under which the engine knows what was pulled: by digest wherever there is one."""
    return image.reference if image.digest is None else f"{repository_of(image)}@{image.digest}"


def pull(client: DockerClient, image: PulledImage) -> Image:
    """Pull with the login of an authorised pull; raise DockerException."""
    reference, name = local_reference(image), repository_of(image)
    tag = reference.removeprefix(name)[1:] or "latest"
    login = {"username": image.login[0], "password": image.login[1]} if image.login else None
    lines = client.api.pull(name, tag=tag, auth_config=login, platform=PLATFORM, stream=True, decode=True)
    for line in lines:
        if "error" in line:
            raise APIError(line["error"])
    try:
        return client.images.get(reference)
    except ImageNotFound as error:
        raise APIError(f"{reference} was pulled and is not there") from error


def forget_others(client: DockerClient, repository: str, kept: str) -> None:
    """Take the names of a repository from every image but one (an id); nameless images are deleted.

    The registry still has them all. An image that a container uses keeps its name.
    """
    for image in client.images.list(filters={"reference": repository}):
        names = [*image.tags, *(image.attrs.get("RepoDigests") or ())] if image.id != kept else ()
        for name in names:
            if name.startswith((f"{repository}:", f"{repository}@")):
                _forget(client, name)


def _forget(client: DockerClient, name: str) -> None:
    try:
        client.images.remove(name)
    except APIError:
        # It went with another of its names, or a container uses it.
        return
