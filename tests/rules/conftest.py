from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from hub.rules.load import FileName, Loader
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.rules.parts import Facts


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary()


@pytest.fixture
def load(vocabulary: Vocabulary) -> Callable[..., list[Rule]]:
    """Load the text of a rule file."""

    def load(text: str, **settings: Any) -> list[Rule]:
        locked = settings.pop("locked", False)
        file = FileName("rules/a.yaml", "user/a.yaml", locked=locked)
        return Loader(vocabulary, **settings).load(dedent(text).encode(), file)

    return load


@pytest.fixture
def fires(load: Callable[..., list[Rule]]) -> Callable[..., bool]:
    """Say whether a rule with these conditions acts on an event; the index and the explanation must agree."""

    def fires(text: str, facts: Facts) -> bool:
        rules = RuleSet(load(text))
        matching = rules.matching(facts, _raise)
        explained = [explanation.rule for explanation in rules.explain(facts) if explanation.fires]
        assert matching == explained
        return bool(matching)

    return fires


def _raise(_rule: Rule, error: Exception) -> None:
    raise error
