"""The workbook for agents as the portal reads it, from the queries in the data file. Imports no Pulumi."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

_SCHEMA = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
_WORKSPACE = "microsoft.operationalinsights/workspaces"
_TEXT, _QUERY, _PARAMETERS = 1, 3, 9
_TIME_RANGE = 4
_DAY_MS = 24 * 60 * 60 * 1000


class Section(BaseModel):
    """Hold one query, what it is about and how it is drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    text: str
    show: Literal["table", "timechart", "barchart"]
    query: str


@cache
def sections() -> tuple[Section, ...]:
    """Return the workbook's sections in order."""
    text = files("infra.components").joinpath("workbook.yaml").read_text(encoding="utf-8")
    return tuple(Section.model_validate(entry) for entry in yaml.safe_load(text))


def document(workspace_id: str, component_id: str) -> str:
    """Return the workbook's serialised content, with queries over a workspace."""
    items = [_parameters(), *(item for one in sections() for item in _section(one, workspace_id))]
    body = {
        "version": "Notebook/1.0",
        "items": items,
        "fallbackResourceIds": [component_id],
        "$schema": _SCHEMA,
    }
    return json.dumps(body, indent=1, sort_keys=True)


def _parameters() -> dict[str, Any]:
    choices = [{"durationMs": days * _DAY_MS} for days in (1, 7, 30)]
    period = {
        "id": "5ea7a1a1-0000-4000-8000-00000000b00c",
        "version": "KqlParameterItem/1.0",
        "name": "Period",
        "type": _TIME_RANGE,
        "isRequired": True,
        "value": {"durationMs": 7 * _DAY_MS},
        "typeSettings": {"selectableValues": choices},
    }
    content = {"version": "KqlParameterItem/1.0", "parameters": [period], "style": "pills"}
    return {"type": _PARAMETERS, "name": "period", "content": content}


def _section(section: Section, workspace_id: str) -> list[dict[str, Any]]:
    name = section.title.lower().replace(" ", "-")
    heading = {"json": f"## {section.title}\n{section.text}"}
    query = {
        "version": "KqlItem/1.0",
        "query": section.query.strip(),
        "size": 0,
        "queryType": 0,
        "resourceType": _WORKSPACE,
        "crossComponentResources": [workspace_id],
        "timeContextFromParameter": "Period",
        "visualization": section.show,
    }
    return [
        {"type": _TEXT, "name": f"{name}-heading", "content": heading},
        {"type": _QUERY, "name": name, "content": query},
    ]
