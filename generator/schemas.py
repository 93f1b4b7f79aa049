"""JSON Schemas of the record kinds, so that editors complete and check fields while they are typed."""

import json
from collections.abc import Iterator
from typing import Any

from generator.fields import Part
from generator.records import KINDS, BriefingInfo, Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schemas() -> Iterator[tuple[str, str]]:
    """Yield (file name, JSON text) for each record kind and for the briefing's card."""
    for model in KINDS:
        schema = _schema_of(model)
        one = {"$ref": f"#/$defs/{model.__name__}"}
        named = {"allOf": [one, {"required": ["id"]}]}
        schema["$defs"][model.__name__] = {name: schema.pop(name) for name in list(schema) if name != "$defs"}
        file = {
            "$schema": DIALECT,
            "title": model.kind.capitalize(),
            "anyOf": [one, {"type": "array", "items": named}],
            **schema,
        }
        yield f"{model.kind}.json", _dump(file)
    yield "briefing.json", _dump({"$schema": DIALECT, **_schema_of(BriefingInfo)})


def _schema_of(model: type[Part]) -> dict[str, Any]:
    schema: dict[str, Any] = _loosen(model.model_json_schema(by_alias=True))
    if issubclass(model, Record):
        schema["required"] = [name for name in schema["required"] if name != "id"]
        schema.setdefault("$defs", {})
    return schema


def _loosen(value: Any) -> Any:
    """Let a single item stand for a list, and a field be left empty, as the reader does."""
    if isinstance(value, list):
        return [_loosen(item) for item in value]
    if not isinstance(value, dict):
        return value
    loose = {key: _loosen(item) for key, item in value.items() if key != "default"}
    if loose.get("type") != "array":
        return loose
    outer = {key: loose.pop(key) for key in ("title", "description") if key in loose}
    return {**outer, "anyOf": [loose["items"], loose]}


def _dump(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
