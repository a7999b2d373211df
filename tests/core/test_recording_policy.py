from __future__ import annotations

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.core.recording import ASKED, MOVES, Cue, Deed, Move, NotNow, Policy, RecordingState, Standing, move

EXPECTED = """
off       start          recording  attach, three beeps
off       answered       recording  attach
off       found          recording  attach, three beeps
recording pause          paused     break
recording held_privately held       break
recording no_audio       silent
paused    resume         recording  join, beep
paused    held_privately aside
held      pause          aside
held      retrieved      recording  join, beep
aside     resume         held
aside     retrieved      paused
silent    pause          paused     break
silent    held_privately held       break
silent    audio_again    recording
failed    start          recording  attach, three beeps
failed    stop           off
failed    transferred    off
failed    parked         off
failed    ended          off
failed    hub_stops      off
"""
UP = ("recording", "paused", "held", "aside", "silent")
SAVING = ("stop", "held_shared", "transferred", "parked", "ended", "hub_stops")


def expected() -> dict[tuple[str, str], tuple[str, str]]:
    table = {(one, cue): ("off", "detach, save") for one in UP for cue in SAVING}
    table |= {(one, "failed"): ("failed", "detach, save") for one in UP}
    table |= {(one, "moved"): (one, "follow") for one in UP}
    for line in EXPECTED.split("\n"):
        if line:
            old, cue, new, *deeds = line.split(maxsplit=3)
            table[old, cue] = (new, " ".join(deeds))
    return table


def test_every_pair_of_standing_and_cue() -> None:
    table = expected()
    for standing, cue in itertools.product(Standing, Cue):
        pair = (standing.value, cue.value.replace(" ", "_"))
        if pair in table:
            new, deeds = table.pop(pair)
            assert move(standing, cue) == Move(
                Standing(new), tuple(Deed(deed) for deed in deeds.split(", ") if deed)
            ), pair
        elif cue in ASKED:
            with pytest.raises(NotNow, match=f"cannot {cue} a recording that is {standing.state}") as refused:
                move(standing, cue)
            assert refused.value.code == "wrong_state"
        else:
            assert move(standing, cue) == Move(standing), pair
    assert not table


def test_people_see_four_states() -> None:
    assert {standing: standing.state for standing in Standing} == {
        Standing.OFF: RecordingState.OFF,
        Standing.RECORDING: RecordingState.RECORDING,
        Standing.PAUSED: RecordingState.PAUSED,
        Standing.HELD: RecordingState.PAUSED,
        Standing.ASIDE: RecordingState.PAUSED,
        Standing.SILENT: RecordingState.FAILED,
        Standing.FAILED: RecordingState.FAILED,
    }


@pytest.mark.parametrize(("policy", "cue"), [(Policy(enforced=True), Cue.STOP), (Policy(may_pause=False), Cue.PAUSE)])
def test_what_the_policy_forbids(policy: Policy, cue: Cue) -> None:
    with pytest.raises(NotNow) as refused:
        policy.check(cue)
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("cue", ASKED)
def test_what_the_policy_allows(cue: Cue) -> None:
    Policy().check(cue)
    Policy(every_call=True).check(cue)
    if cue is not Cue.STOP:
        Policy(enforced=True).check(cue)


def test_who_records_every_call() -> None:
    assert not Policy().records_all
    assert Policy(every_call=True).records_all
    assert Policy(enforced=True).records_all


class Recordings(RuleBasedStateMachine):
    """Does what the policy says with a file and an audio channel, and looks whether that makes sense."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing.OFF
        self.attached = False
        self.writing = False
        self.gap = False
        self.beeps = 0
        self.files = 0
        self.saved = 0

    @rule(cue=st.sampled_from(sorted(Cue)))
    def cue(self, cue: Cue) -> None:
        before = self.standing
        try:
            step = move(self.standing, cue)
        except NotNow:
            assert cue in ASKED
            return
        self.standing = step.to
        for deed in step.deeds:
            getattr(self, "do_" + deed.value.replace(" ", "_"))()
        if before is not Standing.RECORDING and self.standing is Standing.RECORDING and self.gap:
            raise AssertionError("it goes on, and nothing marks the gap")

    @precondition(lambda self: self.standing is not Standing.OFF)
    @rule()
    def the_call_is_over(self) -> None:
        self.cue(Cue.ENDED)
        assert self.standing is Standing.OFF

    def do_attach(self) -> None:
        assert not self.attached
        self.attached = self.writing = True
        self.files += 1

    def do_follow(self) -> None:
        assert self.attached

    def do_detach(self) -> None:
        assert self.attached
        self.attached = False

    def do_break(self) -> None:
        assert self.writing
        self.writing, self.gap = False, True

    def do_join(self) -> None:
        assert not self.writing
        self.writing, self.gap = True, False

    def do_beep(self) -> None:
        assert self.writing
        self.beeps += 1

    def do_three_beeps(self) -> None:
        self.do_beep()

    def do_save(self) -> None:
        assert not self.attached
        self.saved += 1
        self.writing = self.gap = False

    @invariant()
    def audio_is_written_exactly_while_it_is_recording(self) -> None:
        assert self.writing == (self.standing in {Standing.RECORDING, Standing.SILENT})
        assert self.attached == (self.standing not in {Standing.OFF, Standing.FAILED})

    @invariant()
    def every_file_is_saved_once(self) -> None:
        assert self.files - self.saved == int(self.attached)


TestRecordings = Recordings.TestCase


def test_the_table_has_no_move_that_does_nothing() -> None:
    assert all(found.to is not old or found.deeds for (old, _), found in MOVES.items())
