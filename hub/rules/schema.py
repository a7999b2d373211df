"""The models of a rule file, made from the words there are, and the JSON Schema for editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, ForwardRef

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from hub.rules.many import many
from hub.rules.parts import NumberOptions
from hub.rules.template import Surroundings
from hub.rules.vocabulary import absent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.rules.parts import Action, Condition, Trigger
    from hub.rules.vocabulary import Vocabulary

LONGEST_NAME = 200
_KIND_OF = {"On": "trigger", "When": "condition", "Do": "action"}


class Words(BaseModel):
    """Keys that are words of the vocabulary: each is a field whose alias is the word."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def unknown_key(cls, key: str) -> tuple[str, str]:
        """Say of a key that nobody registered what it is, and what was meant."""
        known = (field.alias for field in cls.model_fields.values() if field.alias)
        return absent(_KIND_OF[cls.__name__], key, known)

    def given(self) -> dict[str, Any]:
        """Return the values by word, of the words that were written."""
        fields = type(self).model_fields
        return {str(fields[name].alias): getattr(self, name) for name in fields if name in self.model_fields_set}


class OneWord(Words):
    """Keys of which exactly one is written, as each item of `on:` and `do:` is."""

    short: ClassVar[Mapping[str, str]] = {}
    bare: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        kind = _KIND_OF[cls.__name__]
        if isinstance(value, str):
            words = [str(field.alias) for field in cls.model_fields.values()]
            if value not in words:
                cause, remedy = absent(kind, value, words)
                raise PydanticCustomError("word", "{cause}", {"cause": cause, "remedy": remedy})
            if value not in cls.bare:
                raise PydanticCustomError(
                    "word", "{cause}", {"cause": f'"{value}" needs a value', "remedy": f"write {{{value}: ...}}"}
                )
            return {value: None}
        if isinstance(value, dict) and len(value) == 1 and cls.bare.issuperset(value) and "" in value.values():
            return dict.fromkeys(value)
        if isinstance(value, dict) and len(value) != 1:
            cause = f"expected one {kind} here, found {', '.join(map(str, value)) or 'none'}"
            raise PydanticCustomError(
                "word", "{cause}", {"cause": cause, "remedy": f"give each {kind} an item of its own"}
            )
        return value

    @property
    def word(self) -> str:
        """The one that was written."""
        return next(iter(self.given()))


class Limits(BaseModel):
    """How much a rule may do for each user: what is over it is dropped and counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deadline: float = Field(default=30.0, gt=0, le=3600, description="seconds that each action may take")
    concurrency: int = Field(default=8, ge=1, le=100, description="events that the rule works on at once")
    waiting: int = Field(default=100, ge=0, le=1000, description="further events that may wait for their turn")
    per_minute: int = Field(default=120, ge=1, le=10_000, description="events in any minute that the rule acts on")


class Numbers(BaseModel):
    """What is done to the other party's number before it stands in `%CALLNUM%`, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strip_outside_prefix: bool = Field(default=False, description="take the prefix of an outside line off")
    strip_country_code: bool = Field(default=False, description="take the home country's code off")
    prepend_area_code: bool = Field(default=False, description="put the home area code before local numbers")

    def options(self) -> NumberOptions:
        """Return them as macros take them."""
        return NumberOptions(self.strip_outside_prefix, self.strip_country_code, self.prepend_area_code)


class RuleText(BaseModel):
    """One rule as it is written; `on`, `when` and `do` are added from the vocabulary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        default="", max_length=LONGEST_NAME, description="what a person calls it; the file's name without"
    )
    description: str = Field(default="", description="what it is for")
    enabled: bool = Field(default=True, description="`false` puts the rule to rest")
    answered: bool = Field(default=False, description="wait for the answer of a call that rings or is dialled")
    inferred: bool = Field(default=False, description="act on what happened while the connection was lost, too")
    numbers: Numbers = Field(default=Numbers(), description="how the number stands in `%CALLNUM%`")
    limits: Limits = Field(default=Limits(), description="deadline, concurrency and rate")
    if TYPE_CHECKING:
        on: tuple[Any, ...]
        when: Any
        do: tuple[Any, ...]

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if name and not name.isprintable():
            raise ValueError("a name is one line of text")
        return name


@dataclass(frozen=True, slots=True)
class Schema:
    """The models for one vocabulary: `rule` checks one rule."""

    rule: type[RuleText]

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a rule file, for editors."""
        rule: Any = self.rule
        schema = TypeAdapter(rule | list[rule]).json_schema(by_alias=True)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "phonehub rule", **_plain(schema)}


def make_schema(vocabulary: Vocabulary) -> Schema:
    """Make the models from the words there are."""
    when = _when(vocabulary.conditions.values())
    rule = create_model(
        "Rule",
        __base__=RuleText,
        on=(many(_on(vocabulary.triggers.values())), Field(description="the event, or several")),
        when=(when, Field(default=when(), description="conditions that must all hold")),
        do=(many(_do(vocabulary.actions.values())), Field(description="the actions, done in order")),
    )
    return Schema(rule)


def _on(triggers: Iterable[Trigger]) -> type[OneWord]:
    words = list(triggers)
    fields: dict[str, Any] = {
        _field(trigger.name): (
            many(trigger.value) | None if trigger.value else None,
            Field(default=None, alias=trigger.name, description=trigger.doc),
        )
        for trigger in words
    }
    made = create_model("On", __base__=OneWord, **fields)
    made.bare = frozenset(trigger.name for trigger in words if not trigger.required)
    return made


def _when(conditions: Iterable[Condition]) -> type[Words]:
    fields: dict[str, Any] = {
        _field(condition.name): (
            many(condition.value) | None,
            Field(default=None, alias=condition.name, description=condition.doc),
        )
        for condition in conditions
    }
    itself = many(ForwardRef("When")) | None
    groups: dict[str, Any] = {
        "all_of": (itself, Field(default=None, alias="all", description="all of these hold")),
        "any_of": (itself, Field(default=None, alias="any", description="one of these holds")),
        "none_of": (itself, Field(default=None, alias="not", description="none of these holds")),
    }
    made = create_model("When", __base__=Words, **fields, **groups)
    made.model_rebuild(_types_namespace={"When": made})
    return made


def _do(actions: Iterable[Action]) -> type[OneWord]:
    words = list(actions)
    fields: dict[str, Any] = {
        _field(action.name): (
            action.value | None,
            Field(default=None, alias=action.name, description=action.doc),
        )
        for action in words
    }
    made = create_model("Do", __base__=_Do, **fields)
    made.short = {action.name: action.short for action in words if action.short}
    made.on_the_host = frozenset(action.name for action in words if action.acts_on_the_host)
    return made


class _Do(OneWord):
    """One item of `do:`. A bare value stands for the action's main field."""

    on_the_host: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _long_form(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict) or len(value) != 1:
            return value
        ((word, given),) = value.items()
        surroundings = Surroundings.of(info)
        if word in cls.on_the_host and surroundings.server and not surroundings.locked:
            cause = f'on a server only the administrator\'s rules may "{word}"'
            raise PydanticCustomError("server", "{cause}", {"cause": cause, "remedy": "ask for it in admin_rules"})
        if word in cls.short and not isinstance(given, dict):
            return {word: {cls.short[word]: given}}
        return value


def _field(word: str) -> str:
    """Return a name for a field that cannot be one of a model's own."""
    return "word_" + re.sub(r"\W", "_", word)


def _plain(schema: Any) -> Any:
    """Let what is a text in a rule be written without quotes: editors take `204` for a number, and `on` for a text."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items()}
    if plain.get("type") == "string" and "enum" not in plain and "const" not in plain:
        plain["type"] = ["string", "number"]
    elif plain.get("type") == "boolean":
        del plain["type"]
        plain["enum"] = [True, False, "on", "off", "yes", "no"]
    return plain
