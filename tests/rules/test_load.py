from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from facts_of import ringing
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from hub.configured import manager_for
from hub.errors import UserError
from hub.events import PluginChanged
from hub.rules.load import FileName, Loader, load_all
from hub.rules.parts import Action, Condition, Done, Macro, Trigger
from hub.rules.template import TextTemplate
from hub.rules.vocabulary import Vocabulary, absent

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.rules.parts import Job
    from hub.rules.ruleset import Rule


def told(load: Callable[..., list[Rule]], text: str, **settings: Any) -> list[str]:
    with pytest.raises(UserError) as error:
        load(text, **settings)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.feature("RULE-02")
def test_every_problem_of_every_file_is_told_at_once() -> None:
    files = {
        FileName("rules/10-a.yaml", "user/10-a.yaml"): b"""\
name: A
on: rnig
when:
  directoin: inbound
  dnis: x
do:
  - note: hello {{ call.nubmer }}
  - noet: x
""",
        FileName("rules/20-b.yaml", "user/20-b.yaml"): b"on: ring\ndo: [note: a\n",
        FileName(
            "rules/30-c.yaml", "user/30-c.yaml"
        ): b"- on: ring\n  do: {note: x}\n- name: second\n  do: []\n  x: 1\n",
        FileName("rules/40-d.yaml", "user/40-d.yaml"): b"",
    }
    with pytest.raises(UserError) as error:
        load_all(Loader(Vocabulary()), files)
    assert [str(problem) for problem in error.value.problems] == [
        'rules/10-a.yaml:2:5: on: there is no trigger "rnig" (did you mean "ring"?)',
        NOT_A_NUMBER,
        'rules/10-a.yaml:4:3: when.directoin: there is no condition "directoin" (did you mean "direction"?)',
        'rules/10-a.yaml:7:25: do.0.note: there is no "nubmer" (did you mean "number"?)',
        'rules/10-a.yaml:8:5: do.1.noet: there is no action "noet" (did you mean "note"?)',
        "rules/20-b.yaml:3:1: expected ',' or ']', but got '<stream end>'",
        'rules/30-c.yaml:3:3: 1: "on" is missing (the event, or several)',
        "rules/30-c.yaml:4:7: 1.do: at least one is needed here, the list is empty",
        UNKNOWN_KEY,
        "rules/40-d.yaml: there is no rule in this file (a rule has at least `on` and `do`)",
    ]


NOT_A_NUMBER = (
    'rules/10-a.yaml:5:9: when.dnis: expected a number such as +15855550100, or a pattern such as +1585*; found "x"'
)
UNKNOWN_KEY = (
    'rules/30-c.yaml:5:3: 1.x: unknown key "x" (known: name, description, enabled, answered, inferred, numbers, '
    "limits, on, when, do)"
)


@pytest.mark.feature("RULE-02")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on: schedule\ndo: {note: x}", '1:5: on: "schedule" needs a value (write {schedule: ...})'),
        ("on: {ring: x}\ndo: {note: x}", '1:12: on.ring: expected no value, found "x"'),
        ("on: {ring: , dial: }\ndo: {note: x}", "1:5: on: expected one trigger here, found ring, dial"),
        ("on: ring\nwhen: x\ndo: {note: x}", '2:7: when: expected keys with values, found "x"'),
        (
            "on: ring\nwhen: {internal: maybe}\ndo: {note: x}",
            '2:18: when.internal: expected true or false, found "maybe"',
        ),
        ("on: ring\nwhen: {time: 25:00-26:00}\ndo: {note: x}", "2:14: when.time: expected a span of time such as"),
        (
            "on: ring\nwhen: {weekday: someday}\ndo: {note: x}",
            "2:17: when.weekday: expected a day of the week or a span",
        ),
        (
            "on: ring\nwhen: {macro: {CALNUM: x}}\ndo: {note: x}",
            '2:15: when.macro: there is no macro "CALNUM" (did you mean',
        ),
        ("on: ring\nwhen: {macro: {CALLNUM: '('}}\ndo: {note: x}", '2:15: when.macro: "(" is no regular expression'),
        (
            "on: ring\nwhen: {availability: away}\ndo: {note: x}",
            '2:8: when.availability: the condition "availability" belongs to the plugin',
        ),
        (
            "on: appointment_start\ndo: {note: x}",
            '1:5: on: the trigger "appointment_start" belongs to the plugin calendar, which is not',
        ),
        (
            "on: ring\ndo: {webhook: x}",
            '2:6: do.webhook: the action "webhook" belongs to the plugin webhook, which is not',
        ),
        ("on: ring\ndo: {open_url: x}", '2:6: do.open_url: the action "open_url" belongs to the plugin screenpop'),
        ("on: ring\ndo: note", '2:5: do: "note" needs a value (write {note: ...})'),
        ("on: ring\ndo: {note: [x]}", "2:12: do.note: expected text, found a list"),
        ("on: ring\ndo: {set_dnd: perhaps}", '2:15: do.set_dnd: expected true or false, found "perhaps"'),
        (
            "on: end\nanswered: true\ndo: {note: x}",
            "2:1: answered: `answered: true` goes with `on: ring` or `on: dial`",
        ),
        ("on: ring\nlimits: {deadline: 0}\ndo: {note: x}", "2:20: limits.deadline: expected greater than 0"),
        ('on: ring\nname: "a\\tb"\ndo: {note: x}', "2:7: name: a name is one line of text"),
        ("on: {schedule: {}}\ndo: {note: x}", "1:16: on.schedule: expected either `at` (a time of day) or `every`"),
        ("text", "1:1: expected keys with values"),
    ],
)
def test_one_problem(load: Callable[..., list[Rule]], text: str, problem: str) -> None:
    (only,) = told(load, text)
    assert only.startswith(f"rules/a.yaml:{problem}")


def test_ids_are_those_of_the_file_and_in_lists_of_the_name(load: Callable[..., list[Rule]]) -> None:
    rule = "on: ring, do: {note: x}"
    assert [each.id for each in load(f"{{{rule}}}")] == ["user/a.yaml"]
    listed = load(f"- {{{rule}, name: one}}\n- {{{rule}}}\n- {{{rule}, name: one}}\n---\n{{{rule}, name: two}}")
    assert [each.id for each in listed] == [
        "user/a.yaml#one", "user/a.yaml#2", "user/a.yaml#one-3", "user/a.yaml#two",
    ]  # fmt: skip
    assert [each.place for each in listed] == [f"rules/a.yaml:{line}" for line in (1, 2, 3, 5)]
    assert load(f"{{{rule}}}")[0].name == "a"


class Lamp(BaseModel):
    colour: TextTemplate
    seconds: float = 1


async def light(value: Lamp, job: Job) -> Done:
    return Done(job.expand(value.colour))


LAMP = Action(name="light", value=Lamp, run=light, doc="light a lamp", short="colour")
MOON = Condition(name="moon", value=str, test=lambda value, _facts: value == "full", doc="the moon")
TIDE = Macro(name="TIDE", expand=lambda _facts: "high", doc="the tide")
PLUGIN = Trigger(name="plugin", event=PluginChanged, doc="a plugin changed")


@pytest.mark.feature("RULE-05", "PLUG-05")
def test_words_of_plugins(vocabulary: Vocabulary, load: Callable[..., list[Rule]]) -> None:
    vocabulary.add("sea", LAMP, MOON, TIDE, PLUGIN)
    steps = "[{light: 'red at %TIDE%'}, {light: {colour: '{{ tide }}', seconds: 2}}]"
    text = f"{{on: [ring, plugin], when: {{moon: full}}, do: {steps}}}"
    (rule,) = load(text)
    assert [step.value.colour.expand(ringing()) for step in rule.do] == ["red at high", "high"]
    assert vocabulary.plugin_of(LAMP) == "sea"
    vocabulary.remove("sea")
    assert len(told(load, text)) == 4


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        (LAMP, "the action light belongs to one already"),
        (Action(name="note", value=Lamp, run=light, doc=""), "the action note belongs to the hub already"),
        (Condition(name="any", value=str, test=lambda _v, _f: True, doc=""), "cannot be called any"),
        (Macro(name="tide", expand=lambda _facts: "", doc=""), "capital letters"),
        ("light", "no part of rules"),
    ],
)
def test_a_word_that_cannot_be_added(vocabulary: Vocabulary, part: Any, cause: str) -> None:
    vocabulary.add("one", LAMP)
    with pytest.raises(ValueError, match=cause):
        vocabulary.add("two", MOON, part)
    assert "moon" not in vocabulary.conditions


@pytest.mark.feature("RULE-02")
def test_the_json_schema_knows_every_word(vocabulary: Vocabulary) -> None:
    vocabulary.add("sea", LAMP, MOON)
    schema = Loader(vocabulary).schema.json_schema()
    text = json.dumps(schema)
    for word in (*vocabulary.triggers, *vocabulary.conditions, *vocabulary.actions, "any", "all", "not", "on", "do"):
        assert f'"{word}"' in text
    assert schema["$schema"].startswith("https://json-schema.org/")


@settings(max_examples=150)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.sampled_from(["ring", "x", "", "{{", "%CALLNUM%", "note", "true", "1"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["on", "do", "when", "any", "not", "note", "caller", "dnis", "ring", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_anything_at_all_is_loaded_or_told(data: bytes) -> None:
    try:
        rules = LOADER.load(data, FileName("rules/a.yaml", "user/a.yaml"))
    except UserError as error:
        places = [problem.place for problem in error.problems]
        assert all(place.startswith("rules/a.yaml") for place in places)
    else:
        assert rules


LOADER = Loader(Vocabulary())


def test_a_word_of_a_plugin_that_is_not_loaded_names_it() -> None:
    manager = manager_for(None)
    manager.load()
    words = [(plugin.name, part) for plugin, part in manager.rule_parts() if not isinstance(part, Macro)]
    assert {"calendar", "idle", "screenpop"} <= {plugin for plugin, _ in words}
    for plugin, part in words:
        assert absent("word", part.name, ())[1] == f"install or enable {plugin}"
