"""The stack's configuration as Pulumi hands it to the program."""

import json

import pulumi

from infra.config import NAMESPACE, StackConfig, StackFileError, validated
from infra.project import Project
from infra.stack_file import StackFile


def read_stack(project: Project) -> StackConfig:
    """Return the checked configuration of the stack that runs; raise StackFileError.

    The values are Pulumi's (`--config` and environments count); the file tells unknown keys and lines.
    """
    stack = pulumi.get_stack()
    given = pulumi.Config(NAMESPACE)
    values = {
        field.alias or name: given.get(field.alias or name)
        for name, field in StackConfig.model_fields.items()
    }
    overrides = {key: _read(text) for key, text in values.items() if text is not None}
    config = validated(StackFile.read(project, stack), overrides)
    if config.auth == "key" and config.auth_jwks is None and not pulumi.runtime.is_dry_run():
        raise StackFileError(
            f"stacks/Pulumi.{stack}.yaml",
            "seatrial:authJwks is missing and auth is 'key': give the public JWK set of the keys that sign "
            "tokens (`seatrial token` makes a key; "
            f"`pulumi config set seatrial:authJwks '{{\"keys\": […]}}' -s {stack}`)",
        )
    return config


def _read(text: str) -> object:
    return json.loads(text) if text[:1] in {"{", "["} else text
