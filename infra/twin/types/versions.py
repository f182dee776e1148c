"""Carry the API versions of each type: `python -m infra.twin.types.versions SDK DEST`.

SDK is the folder of the installed package pulumi_azure_native, whose documentation lists the versions that
a type has; DEST gets them by type. Clients name the version that they were made for: az and the SDKs of
azure-mgmt one each, Terraform others.
"""

import json
import re
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

from infra.twin.types.carry import TOKENS

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?:-[a-z]+)?")
# Versions that clients send and that the package does not list, by module or by token.
_ALSO = {
    "app": ("2026-03-02-preview", "2026-07-01"),
    "containerregistry": ("2026-09-01-preview",),
    "managedidentity": ("2018-11-30", "2024-11-30"),
    "monitor:ActionGroup": ("2019-06-01", "2021-09-01", "2023-01-01"),
    "monitor:ScheduledQueryRule": ("2021-08-01", "2022-06-15"),
}


@cache
def other_versions() -> dict[str, tuple[str, ...]]:
    """Return, by SDK token, the API versions beside the one whose type is carried."""
    text = files("infra.twin.types").joinpath("versions.json").read_text(encoding="utf-8")
    return {token: tuple(listed) for token, listed in json.loads(text).items()}


def listed(sdk: Path, token: str) -> list[str]:
    """Return the versions that the SDK's documentation names for a type."""
    module, _, name = token.partition(":")
    snake = _WORD_STARTS.sub("_", name).lower()
    text = (sdk / module / f"{snake}.py").read_text(encoding="utf-8")
    found = re.search(r"Other available API versions: (.*?)\. ", text)
    known = _VERSION.findall(found[1]) if found else []
    return sorted({*known, *_ALSO.get(module, ()), *_ALSO.get(token, ())})


def main(arguments: list[str]) -> int:
    """Write DEST from SDK."""
    if len(arguments) != 2:  # noqa: PLR2004 - SDK and DEST
        sys.stderr.write("usage: python -m infra.twin.types.versions SDK DEST\n")
        return 2
    sdk, destination = map(Path, arguments)
    carried = {token: listed(sdk, token) for token in TOKENS}
    destination.write_text(json.dumps(carried, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
