from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.web.server import ApiServer

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "http-api.json"


def shape(schema: dict[str, Any]) -> Any:
    """Return a schema without what the framework's version words."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return [shape(each) for each in schema["anyOf"]]
    if "properties" in schema:
        needed = schema.get("required", ())
        return {name + ("" if name in needed else "?"): shape(each) for name, each in schema["properties"].items()}
    if "enum" in schema:
        return "|".join(schema["enum"])
    if schema.get("type") == "array":
        return {"array": shape(schema.get("items", {})) if "prefixItems" not in schema else "tuple"}
    return schema.get("format", schema.get("type", "any"))


def contract(described: dict[str, Any]) -> dict[str, Any]:
    routes: dict[str, Any] = {}
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            routes[f"{method.upper()} {path}"] = {
                "query": {each["name"]: shape(each["schema"]) for each in told.get("parameters", ())},
                "body": [shape(each["schema"]) for each in told.get("requestBody", {}).get("content", {}).values()],
                "answers": {
                    status: [shape(each["schema"]) for each in answer.get("content", {}).values()]
                    for status, answer in told["responses"].items()
                    if status != "422"
                },
                "token": bool(told.get("security")),
            }
    own = {
        name: shape(schema) for name, schema in described["components"]["schemas"].items() if "Validation" not in name
    }
    return {"routes": routes, "models": own}


def test_the_contract_is_what_programs_were_promised(server: ApiServer) -> None:
    found = contract(server.app.openapi())
    found["routes"] = {name: told for name, told in found["routes"].items() if "/plugins/notebook/" not in name}
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text(), "a change here breaks programs: RENEW_GOLDEN=1 if it is meant"
