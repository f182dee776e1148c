"""A copy of a stack file for one run: the checkout stays as it is committed."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from infra.config import NAMESPACE, load_stack, merged
from infra.project import Project
from infra.stack_file import StackFile


@contextmanager
def configured(project: Project, stack: str, overrides: Mapping[str, Any]) -> Iterator[Path]:
    """Yield a copy of a stack file with dotted keys replaced; raise StackFileError before anything runs.

    What the file says of its secrets' key goes along, so that the engine finds the same one.
    """
    load_stack(project, stack, overrides)
    file = StackFile.read(project, stack)
    own = {f"{NAMESPACE}:{key}": value for key, value in merged(file, overrides).items()}
    content = yaml.safe_load(project.stack_file(stack).read_text(encoding="utf-8"))
    content["config"] = {**content["config"], **own}
    with _written(stack, content) as path:
        yield path


@contextmanager
def as_deployed(project: Project, stack: str, update: Mapping[str, Any] | None) -> Iterator[Path]:
    """Yield a copy of a stack file with the configuration of an update; secret values stay the file's own."""
    content = yaml.safe_load(project.stack_file(stack).read_text(encoding="utf-8"))
    content["config"] = {**content["config"], **deployed_values(update)}
    with _written(stack, content) as path:
        yield path


def deployed_values(update: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an update's configuration as a stack file writes it, without what is secret."""
    given = dict((update or {}).get("config") or {})
    return {
        key: entry.get("objectValue", entry.get("value"))
        for key, entry in given.items()
        if not entry.get("secret")
    }


def keys_told(project: Project, stack: str, update: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the deployed public keys as an override where the stack file names none."""
    if load_stack(project, stack).auth_jwks is not None:
        return {}
    deployed = deployed_values(update).get(f"{NAMESPACE}:authJwks")
    return {"authJwks": deployed} if deployed else {}


def with_key(project: Project, stack: str, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Return the override that lets an app with `auth: key` believe one more key set."""
    config = load_stack(project, stack)
    if config.auth != "key":
        return {}
    known = json.loads(config.auth_jwks)["keys"] if config.auth_jwks else []
    more = [key for key in jwks["keys"] if key not in known]
    return {"authJwks": json.dumps({"keys": [*known, *more]}, separators=(",", ":"))}


@contextmanager
def _written(stack: str, content: Mapping[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="seatrial-stack-") as folder:
        path = Path(folder) / f"Pulumi.{stack}.yaml"
        path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
        yield path
