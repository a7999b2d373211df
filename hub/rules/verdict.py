"""The conditions of a rule as a tree, which says whether they hold and, for people, which of them do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

if TYPE_CHECKING:
    from hub.rules.parts import Condition, Facts
    from hub.rules.schema import Words


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something holds: `text` is how the rule says it, `seen` what the call had."""

    text: str
    holds: bool
    seen: str = ""
    parts: tuple[Verdict, ...] = ()

    def stopped_by(self) -> Verdict | None:
        """Return the first condition that does not hold, if this does not."""
        if self.holds:
            return None
        inner = (part.stopped_by() for part in self.parts if not part.holds)
        return next((found for found in inner if found is not None), self) if self.text in ("", "all") else self


class Node(Protocol):
    """A condition, or several that are joined."""

    def holds(self, facts: Facts) -> bool:
        """Return whether it holds."""
        ...

    def explain(self, facts: Facts) -> Verdict:
        """Return whether it holds, and why."""
        ...


@dataclass(frozen=True, slots=True)
class Test:
    """One condition with its values, of which one must hold."""

    condition: Condition
    values: tuple[Any, ...]

    def holds(self, facts: Facts) -> bool:
        """Return whether one of the values holds."""
        test = self.condition.test
        for value in self.values:  # noqa: SIM110  every ring comes here: twice as quick as any()
            if test(value, facts):
                return True
        return False

    def explain(self, facts: Facts) -> Verdict:
        """Return whether one of the values holds, and what was seen."""
        text = f"{self.condition.name}: {' or '.join(written(value) for value in self.values)}"
        return Verdict(text, self.holds(facts), self.condition.seen(facts))


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions: `all` of them hold, `any` does, or those after `not` do none of them."""

    word: str
    nodes: tuple[Node, ...] = field(default=())

    def holds(self, facts: Facts) -> bool:
        """Return whether they hold together."""
        if self.word == "any":
            return any(node.holds(facts) for node in self.nodes)
        if self.word == "not":
            return not any(node.holds(facts) for node in self.nodes)
        return all(node.holds(facts) for node in self.nodes)

    def explain(self, facts: Facts) -> Verdict:
        """Return whether they hold together, and each of them."""
        parts = tuple(node.explain(facts) for node in self.nodes)
        held = [part.holds for part in parts]
        holds = any(held) if self.word == "any" else not any(held) if self.word == "not" else all(held)
        return Verdict(self.word, holds, parts=parts)


def conditions(when: Words, known: dict[str, Condition], word: str = "") -> Group:
    """Make the tree of a checked `when:`, whose keys must all hold."""
    nodes: list[Node] = []
    for name, values in when.given().items():
        if name == "all":
            nodes += [_alone(conditions(each, known, "all")) for each in values]
        elif name in ("any", "not"):
            nodes.append(Group(name, tuple(_alone(conditions(each, known, "all")) for each in values)))
        else:
            nodes.append(Test(known[name], values))
    return Group(word, tuple(nodes))


def _alone(group: Group) -> Node:
    """Return the only condition of a group by itself."""
    return group.nodes[0] if len(group.nodes) == 1 else group


def written(value: Any) -> str:
    """Return a value about as a person would write it in a rule."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, BaseModel) and not hasattr(value, "root"):
        return ", ".join(
            f"{name} {written(getattr(value, name))}"
            for name in type(value).model_fields
            if name in value.model_fields_set
        )
    if isinstance(value, tuple):
        return " or ".join(written(each) for each in value)
    return str(value)
