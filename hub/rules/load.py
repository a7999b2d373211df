"""From the bytes of a rule file to rules that are ready, or to all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hub.checking import problems
from hub.errors import Problem, UserError
from hub.rules.ruleset import Rule, Step, Use, can_wait_for_answer
from hub.rules.schema import RuleText, make_schema
from hub.rules.template import Surroundings
from hub.rules.verdict import conditions
from hub.rules.yaml_source import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.checking import Path as KeyPath
    from hub.rules.vocabulary import Vocabulary
    from hub.rules.yaml_source import Document, Tree

MOST_RULES = 2000
"""How many rules a file may have."""


@dataclass(frozen=True, slots=True)
class FileName:
    """A rule file as errors name it (`rules/10-crm.yaml`) and as ids name it (`user/10-crm.yaml`)."""

    shown: str
    id: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule as it stands in a document."""

    document: Document
    path: KeyPath
    tree: Tree


class Loader:
    """Checks and compiles rule files with the words there are."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        variables: Mapping[str, str] | None = None,
        schemes: frozenset[str] = frozenset(),
        server: bool = False,
    ) -> None:
        """Take `variables` and further `schemes` of URLs from the config; `server` says that the hub is one."""
        self.vocabulary = vocabulary
        self.schema = make_schema(vocabulary)
        self._surroundings = Surroundings(
            macros=vocabulary.macros,
            variables=variables or {},
            schemes=frozenset({"http", "https"}) | schemes,
            server=server,
        )

    def load(self, data: bytes, file: FileName) -> list[Rule]:
        """Return the rules of a file, in order; raises `UserError` with all that is wrong with it."""
        documents = read(data, file.shown)
        written = [each for document in documents for each in _written(document)]
        if not written:
            raise UserError.of("there is no rule in this file", "a rule has at least `on` and `do`", file.shown)
        if len(written) > MOST_RULES:
            raise UserError.of(f"there are more than {MOST_RULES} rules in this file", "split it", file.shown)
        rules: list[Rule] = []
        wrong: list[Problem] = []
        context = {"rules": replace(self._surroundings, locked=file.locked)}
        taken: set[str] = set()
        for number, each in enumerate(written, 1):
            try:
                text = self.schema.rule.model_validate(each.tree, context=context)
            except ValidationError as error:
                wrong += self._problems(error, each)
                continue
            wrong += _unfit(text, each, self.vocabulary)
            rule_id = _id(file.id, text.name, number, alone=len(written) == 1)
            rule_id = f"{rule_id}-{number}" if rule_id in taken else rule_id
            taken.add(rule_id)
            rules.append(self._compiled(text, file, rule_id, each))
        if wrong:
            raise UserError(*wrong)
        return rules

    def _problems(self, error: ValidationError, each: _Written) -> list[Problem]:
        document, path = each.document, each.path
        return problems(
            error,
            self.schema.rule,
            lambda at: document.place((*path, *at)),
            at_key=lambda at: document.at_key((*path, *at)),
            inside=lambda at, offset: document.inside((*path, *at), offset),
        )

    def _compiled(self, text: RuleText, file: FileName, rule_id: str, each: _Written) -> Rule:
        vocabulary = self.vocabulary
        return Rule(
            id=rule_id,
            name=text.name or rule_id.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml"),
            place=f"{file.shown}:{each.document.line(each.path)}",
            on=tuple(_uses(text, vocabulary)),
            when=conditions(text.when, vocabulary.conditions),
            do=tuple(Step(vocabulary.actions[item.word], item.given()[item.word]) for item in text.do),
            enabled=text.enabled,
            locked=file.locked,
            inferred=text.inferred,
            options=text.numbers.options(),
            limits=text.limits,
        )


def load_all(loader: Loader, files: Mapping[FileName, bytes]) -> list[Rule]:
    """Return the rules of several files; raises `UserError` with all that is wrong with all of them."""
    rules: list[Rule] = []
    wrong: list[Problem] = []
    for name, data in files.items():
        try:
            rules += loader.load(data, name)
        except UserError as error:
            wrong += error.problems
    if wrong:
        raise UserError(*wrong)
    return rules


def _written(document: Document) -> Iterator[_Written]:
    """Yield the rules of a document, which is one rule or a list of them."""
    if isinstance(document.tree, list):
        for position, tree in enumerate(document.tree):
            yield _Written(document, (position,), tree)
    elif document.tree != "":
        yield _Written(document, (), document.tree)


def _id(file: str, name: str, number: int, *, alone: bool) -> str:
    """Return a rule's id: that of its file, and in a list its name, so that the order may change, or its position."""
    return file if alone else f"{file}#{name or number}"


def _uses(text: RuleText, vocabulary: Vocabulary) -> Iterator[Use]:
    for item in text.on:
        trigger = vocabulary.triggers[item.word]
        waits = can_wait_for_answer(trigger) and _wants_answer(text)
        yield Use(trigger, tuple(item.given()[item.word] or ()), waits)


def _wants_answer(text: RuleText) -> bool:
    """Return whether a rule for a ringing call is for answered calls: that is known only later."""
    return text.answered or text.when.given().get("answered") == (True,)


def _unfit(text: RuleText, each: _Written, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield what each part allows by itself but the rule as a whole does not."""
    triggers = [vocabulary.triggers[item.word] for item in text.on]
    if text.answered and not all(can_wait_for_answer(trigger) for trigger in triggers):
        place = each.document.at_key((*each.path, "answered"))
        yield Problem(place, "`answered: true` goes with `on: ring` or `on: dial`", "put it under `when:`")
