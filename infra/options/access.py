"""Who is let in."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from infra.options.base import Guid, Strict


def _json_text(value: Any) -> Any:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, Mapping) else value


JsonText = Annotated[str, BeforeValidator(_json_text)]


class EntraConfig(Strict):
    """Name the tenant and the audience whose tokens are believed."""

    tenant_id: Guid
    audience: Annotated[str, Field(min_length=1)]
