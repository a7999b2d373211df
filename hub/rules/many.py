from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler


class OneOrMore:
    """Lets one value stand for a list of it, in the check and in the JSON Schema; an empty list is refused."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        array = handler(schema)
        return {"anyOf": [array.get("items", {}), {**array, "minItems": 1}]}


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        if not value:
            raise ValueError("at least one is needed here, the list is empty")
        return value
    return [value]


_T = TypeVar("_T")
Many = Annotated[tuple[_T, ...], OneOrMore()]
"""One value, or a list of them."""


def many(kind: Any) -> Any:
    """Return `Many[kind]` for a type that is known only at run time."""
    generic: Any = Many
    return generic[kind]
