"""The page of the stack file's keys, from the models that read it."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from infra.config import NAMESPACE, StackConfig
from scripts.reference.table import table

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "maxLength": "at most {} characters",
    "pattern": "`{}`",
}
Schema = Mapping[str, Any]


def stack_file() -> str:
    """Return the page."""
    schema = StackConfig.model_json_schema(by_alias=True)
    head = (
        "# The stack file\n\n"
        f"`stacks/Pulumi.<stack>.yaml` holds these keys under `config:`, each with `{NAMESPACE}:` in front. "
        "An unknown key or a value out of bounds is refused with its line.\n"
    )
    models = {one.__name__: one for one in _models(StackConfig)}
    sections = [f"\n## Keys\n\n{_table(StackConfig, schema)}"]
    for name, inner in sorted(schema["$defs"].items()):
        sections.append(f"\n## {name}\n\n{inner.get('description', '')}\n\n{_table(models[name], inner)}")
    return head + "".join(sections)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and every model that its fields name, however deep in their types."""
    yield model
    for field in model.model_fields.values():
        for found in _named(field.annotation):
            yield from _models(found)


def _named(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _named(inner)


def _table(model: type[BaseModel], schema: Schema) -> str:
    notes = _notes(model)
    needed = schema.get("required", ())
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    rows = [
        (f"`{key}`", _value(inner), _default(key, inner, needed), notes.get(names[key], ""))
        for key, inner in schema["properties"].items()
    ]
    return table(("key", "value", "default", "meaning"), rows)


def _notes(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentence that stands below a field in its source."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return {
        field.target.id: " ".join(ast.literal_eval(note.value).split())
        for field, note in pairwise(lines)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant)
    }


def _default(key: str, schema: Schema, needed: Any) -> str:
    if key in needed:
        return "required"
    value = schema.get("default")
    if value is None or value in ({}, [], "") or "$ref" in schema:
        return ""
    return f"`{json.dumps(value)}`"


def _value(schema: Schema) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_value(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_value(schema.get('items') or {})}"
    if schema.get("type") == "object":
        return f"mapping to {_inner(schema)}"
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    return ", ".join((str(schema.get("format") or schema.get("type", "any value")), *bounds))


def _inner(schema: Schema) -> str:
    shapes = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return " or ".join(_value(one) for one in shapes if isinstance(one, Mapping))
