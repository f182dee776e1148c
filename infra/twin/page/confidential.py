"""What must not reach the page: secrets by the names of their fields, and the values that are known."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

LEFT_OUT = "(left out)"
SHORTEST_KNOWN = 8
_KEYS = (
    "primary|secondary|master|account|access|api|shared|instrumentation|private|storage|signing|encryption"
)
_FIELD = re.compile(
    rf"(password|passwd|pwd|secret|token|credentials?|connectionstrings?|({_KEYS}|admin|host)(master)?key"
    r"|^key|key[12]|sas(url)?|pfx(blob)?)$"
)
_VARIABLE = re.compile(r"(PASSWORD|PASSWD|PWD|SECRET|TOKEN|CREDENTIALS?|CONNECTION_?STRING|KEY|SAS|DSN)$")
_VALUED = ("secrets", "microsoft.keyvault/vaults/secrets")
_PATTERNS = (
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    r"(?<=InstrumentationKey=)[^;\s\"']+",
    r"(?<=AccountKey=)[^;\s\"']+",
    r"(?<=SharedAccessKey=)[^;\s\"']+",
    r"(?<=[?&]sig=)[^&\s\"']+",
    r"(?<=[?&]ticket=)[^&\s\"']+",
    r"(?<=[Bb]earer )[\w.~+/-]{8,}=*",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
)


def without_secrets(value: Any, within: str = "") -> Any:
    """Return a JSON value with every secret's text replaced; `within` names the field that holds it."""
    if isinstance(value, Mapping):
        named = str(value.get("name", ""))
        return {
            key: LEFT_OUT if _is_secret(key, item, within, named) else without_secrets(item, key)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item, within) for item in value]
    return value


def secrets_in(value: Any, within: str = "") -> Iterator[str]:
    """Yield the texts that `without_secrets` replaces."""
    if isinstance(value, Mapping):
        named = str(value.get("name", ""))
        for key, item in value.items():
            if _is_secret(key, item, within, named):
                yield item
            else:
                yield from secrets_in(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from secrets_in(item, within)


def _is_secret(key: str, item: Any, within: str, named: str) -> bool:
    """Say whether a field is a secret's text; variables and secrets have theirs under `value`."""
    if not isinstance(item, str) or not item or item == LEFT_OUT:
        return False
    if key.lower() == "value":
        return within.lower() in _VALUED or (within == "env" and bool(_VARIABLE.search(named.upper())))
    return bool(_FIELD.search(re.sub(r"[-_. ]", "", key.lower())))


def _forms(text: str) -> Iterator[str]:
    """Yield a secret as it may be written: plain, in JSON, in an address, and line by line."""
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="")
    yield from (line for line in text.splitlines() if len(line) >= SHORTEST_KNOWN)


class Mask:
    """Replace known secrets, and what looks like one, in every text of a JSON value."""

    def __init__(self, known: Iterable[str]) -> None:
        forms = {form for text in known if len(text) >= SHORTEST_KNOWN for form in _forms(text)}
        ordered = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join((*map(re.escape, ordered), *_PATTERNS)))

    def __call__(self, value: Any) -> Any:
        """Return a value without them."""
        if isinstance(value, str):
            return self._pattern.sub(LEFT_OUT, value)
        if isinstance(value, Mapping):
            return {key: self(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self(item) for item in value]
        return value
