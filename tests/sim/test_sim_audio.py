from __future__ import annotations

import asyncio
import time
import wave
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from ear import Ear, loudest
from offices import ANSWERING, JANE, MAIN, Desk, adapter, office
from on_the_way import Heard, babble, offset
from speech import OF_SPEECH, signal_to_noise, spoken

from hub.core.signals import Kind
from hub.errors import UserError
from hub.media.codecs import CODECS, by_name
from hub.media.jitter import Timeline
from hub.phone.adapter import PhoneError
from hub.phone.commands import (
    Announce,
    AnswerLeg,
    AttachMedia,
    DetachMedia,
    DialNumber,
    EndLeg,
    HoldLeg,
    MuteLeg,
    ResumeLeg,
)
from hub.phone.transfer_commands import ConferenceLegs
from hub.sim.audio.impairments import Impairments
from hub.sim.audio.voices import Recorded, Silence, Sweep, Together, Tone, Voices
from hub.sim.exchange.audio import ANNOUNCEMENT
from hub.sim.exchange.office import ABILITIES, Handset, Who
from hub.sim.exchange.refusal import Code, Refused
from hub.sim.scenario import load
from hub.sim.server import SimServer
from hub.testing.listener import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from hub.media.codec import Samples
    from hub.sim.exchange.office import Office

ALICE, BOB, CAROL = Who("101", "Alice"), Who("102", "Bob"), Who("103", "Carol")
TONES = {ALICE: Tone(430), BOB: Tone(670), JANE: Tone(1030), CAROL: Tone(1570)}
HERTZ = [2000.0, *(tone.hertz for tone in TONES.values())]
NOBODY = ("127.0.0.1", 9)


def with_tones(**more: object) -> Office:
    return replace(office(), voices=TONES, **more)  # type: ignore[arg-type]  fields by name


@dataclass
class Side:
    """A user's connection, the leg that it is in, and what is heard on that leg."""

    listener: Listener
    leg: str
    near: Ear
    far: Ear

    async def attach(self, *codecs: str) -> dict[str, str]:
        command = AttachMedia(self.leg, self.near.address, self.far.address, codecs or ("PCMU",))
        return dict(await self.listener.session.do(command))

    async def tones(self, codec: str = "PCMU", packets: int = 15) -> tuple[float, float]:
        """Return which tones are heard near and far in the packets that come from now on."""
        return tone(await self.near.packets(packets), codec), tone(await self.far.packets(packets), codec)


def tone(packets: list[object], codec: str) -> float:
    kind = by_name(codec)
    decoder = kind.decoder()
    samples: Samples = np.concatenate([decoder.decode(packet.payload) for packet in packets])  # type: ignore[attr-defined]
    return loudest(samples[len(samples) // 3 :], kind.sample_rate, HERTZ)


async def in_a_call(stack: AsyncExitStack, server: SimServer, *names: str) -> list[Side]:
    """Let Alice call Bob, and return the side of each of these users."""
    listeners = {name: await stack.enter_async_context(Listener.opened(adapter(server, name))) for name in names}
    await listeners["alice"].session.do(DialNumber("102", "alice-desk"))
    (bobs,) = (leg for leg in server.exchange.legs("bob"))
    server.exchange.command(server.now(), "bob", AnswerLeg(bobs.id))
    legs = {name: server.exchange.legs(name)[0].id for name in names}
    ears = {name: [await stack.enter_async_context(Ear()) for _ in range(2)] for name in names}
    return [Side(listeners[name], legs[name], *ears[name]) for name in names]


@pytest.mark.feature("REC-12")
@pytest.mark.parametrize("name", list(CODECS))
async def test_a_call_is_heard_in_every_codec(name: str) -> None:
    async with SimServer(with_tones()) as server, AsyncExitStack() as stack:
        (alice,) = await in_a_call(stack, server, "alice")
        told = await alice.attach("G729", name, "PCMU")
        codec = by_name(name)
        here = await alice.near.sender()
        assert told == {
            "leg": alice.leg, "source_host": here[0], "source_port": str(here[1]),
            "codec": name, "payload_type": str(codec.payload_type), "clock_rate": str(codec.clock_rate),
        }  # fmt: skip
        assert await alice.tones(name, 30) == (TONES[ALICE].hertz, TONES[BOB].hertz)
        (_, first), *others = alice.near.heard
        assert first.marker
        assert not any(packet.marker for _, packet in others)
        assert {packet.payload_type for _, packet in alice.near.heard} == {codec.payload_type}


@pytest.mark.feature("REC-11")
async def test_what_crossed_a_bad_network_lies_in_its_place() -> None:
    voice = babble(8000, pauses=True)
    network = Impairments(
        loss=0.05, duplication=0.05, reorder=0.05, jitter=0.04, drift_ppm=200, ssrc_changes=(2.5,),
        silence_suppression=True, first_sequence=65_500, first_timestamp=2**32 - 12_000, seed=4,
    )  # fmt: skip
    served = replace(office(), voices={ALICE: voice}, network=network)
    async with SimServer(served) as server, AsyncExitStack() as stack:
        (alice,) = await in_a_call(stack, server, "alice")
        asked = time.monotonic()
        await alice.attach()
        began = time.monotonic()
        while time.monotonic() < began + 5:
            await alice.near.packets(1)
    timeline = Timeline(by_name("PCMU"), began=began)
    for at, packet in alice.near.heard:
        timeline.add(packet, at)
    heard = Heard(timeline.take(began + 4.8), timeline.stats, 8000)
    assert heard.stats.lost > 0
    assert heard.stats.duplicates > 0
    assert heard.stats.reordered > 0
    assert len({packet.ssrc for _, packet in alice.near.heard}) == 2
    assert len(heard.samples) == round(4.8 * 8000)
    spoken = [second for second in (0.3, 1.0, 1.3, 2.9, 3.3, 3.8) if _is_spoken(voice, second)]
    assert len(spoken) >= 3
    for second in spoken:
        assert abs(offset(heard, voice, second, 200, 0.8)) <= 0.02 + (began - asked), second


def _is_spoken(voice: Recorded, second: float) -> bool:
    return bool(np.mean(np.abs(voice.heard(int(second * 8000), 6400, 8000)) > 100) > 0.4)


async def test_nothing_is_sent_on_hold_and_nobody_is_heard_who_is_muted_or_holds() -> None:
    async with SimServer(with_tones()) as server, AsyncExitStack() as stack:
        alice, bob = await in_a_call(stack, server, "alice", "bob")
        await alice.attach()
        await bob.attach()
        await alice.tones()
        await alice.listener.session.do(HoldLeg(alice.leg))
        await bob.far.packets(2)  # what was under way has come by then
        silent_from = len(alice.near.heard), len(alice.far.heard)
        assert await bob.tones() == (TONES[BOB].hertz, 0)
        assert (len(alice.near.heard), len(alice.far.heard)) == silent_from
        await alice.listener.session.do(ResumeLeg(alice.leg))
        (resumed,) = await alice.near.packets(1)
        (before, last), (after, _) = alice.near.heard[silent_from[0] - 1 : silent_from[0] + 1]
        assert resumed.marker
        assert resumed.sequence == (last.sequence + 1) % 2**16
        passed = (resumed.timestamp - last.timestamp) % 2**32 / 8000
        assert passed == pytest.approx(after - before, abs=0.25)  # a busy machine sends late
        await bob.listener.session.do(MuteLeg(bob.leg, on=True))
        await alice.far.packets(2)
        assert await alice.tones() == (TONES[ALICE].hertz, 0)
        assert await bob.tones() == (0, TONES[ALICE].hertz)


@pytest.mark.feature("REC-13")
async def test_that_a_call_is_recorded_is_said_to_both_sides() -> None:
    served = with_tones(announcement=1.5)
    served = replace(served, voices={**TONES, ANNOUNCEMENT: Tone(2000)})
    async with SimServer(served) as server, AsyncExitStack() as stack:
        alice, bob = await in_a_call(stack, server, "alice", "bob")
        for muted in (alice, bob):
            await muted.attach()
            await muted.listener.session.do(MuteLeg(muted.leg, on=True))
        await alice.listener.session.do(Announce(alice.leg))
        await alice.near.packets(2)
        assert await alice.tones() == (2000, 2000)
        assert (await bob.tones())[1] == 2000
        async with asyncio.timeout(10):
            while await alice.tones(packets=5) != (0, 0):
                pass


async def test_audio_ends_with_the_leg_or_when_it_is_detached_and_frees_its_channel() -> None:
    async with SimServer(with_tones(audio_channels=1)) as server, AsyncExitStack() as stack:
        alice, bob = await in_a_call(stack, server, "alice", "bob")
        await alice.attach()
        with pytest.raises(PhoneError, match="all 1 audio channels are in use") as refused:
            await bob.attach()
        assert refused.value.code == "no_channel"
        await alice.attach("PCMA")  # the same leg takes no second one
        await alice.tones("PCMA")
        await alice.listener.session.do(DetachMedia(alice.leg))
        await bob.attach()
        await bob.near.packets(2)
        silent_from = len(alice.near.heard)
        await bob.near.packets(5)
        assert len(alice.near.heard) == silent_from
        await bob.listener.session.do(EndLeg(bob.leg))
        assert server._audio is not None
        server._audio.send(time.monotonic())
        assert server._audio._streams == {}
        assert list(server.exchange.audio.attached()) == []


@pytest.mark.parametrize("how", ["closed", "killed", "wiped"])
async def test_audio_ends_with_the_session_that_asked_for_it(how: str) -> None:
    async with SimServer(with_tones(audio_channels=1)) as server, AsyncExitStack() as stack:
        alice, bob = await in_a_call(stack, server, "alice", "bob")
        await alice.attach()
        await alice.near.packets(2)
        if how == "closed":
            await alice.listener.session.close()
        elif how == "killed":
            server.drop_connections("alice")
        else:  # another handset than the one that talks, so that the call goes on
            server.wipe("alice", "alice-cordless", "quite-new-7")
        while any(client.user == "alice" for client in server.clients):  # noqa: ASYNC110  nobody tells when the server knows
            await asyncio.sleep(0)
        assert bob.leg in {leg.id for leg in server.exchange.legs("bob")}
        await bob.attach()
        silent_from = len(alice.near.heard)
        await bob.near.packets(5)
        assert len(alice.near.heard) == silent_from


async def test_audio_that_another_session_has_asked_for_since_goes_on() -> None:
    async with SimServer(with_tones()) as server, AsyncExitStack() as stack:
        (old,) = await in_a_call(stack, server, "alice")
        await old.attach()
        listener = await stack.enter_async_context(Listener.opened(adapter(server, "alice")))
        new = replace(old, listener=listener)
        await new.attach()
        await old.listener.session.close()
        while len(server.clients) > 1:  # noqa: ASYNC110  likewise
            await asyncio.sleep(0)
        assert await new.tones() == (TONES[ALICE].hertz, TONES[BOB].hertz)


async def test_what_cannot_be_sent_is_refused() -> None:
    old = Handset(id="carol-old", codecs=("PCMA",))
    plain = office()
    users = {**plain.users, "carol": replace(plain.users["carol"], handsets=(old,))}
    async with SimServer(replace(plain, users=users)) as server, Listener.opened(adapter(server, "carol")) as carol:
        server.exchange.call_in(server.now(), JANE, "+15855550101")
        leg = (await carol.hear(Kind.DELIVERED)).leg.id
        for command, code in (
            (AttachMedia(leg, NOBODY, NOBODY, ("PCMA",)), "wrong_state"),
            (AttachMedia("no-leg", NOBODY, NOBODY, ("PCMA",)), "unknown_call"),
            (AttachMedia(leg, ("192.0.2.1", 9), NOBODY, ("PCMA",)), "bad_request"),
            (AttachMedia(leg, NOBODY, ("not-an-address", 9), ("PCMA",)), "bad_request"),
            (DetachMedia(leg), "wrong_state"),
        ):
            assert await refusal(carol, command) == code, command
        await carol.session.do(AnswerLeg(leg))
        assert await refusal(carol, AttachMedia(leg, NOBODY, NOBODY, ("PCMU", "opus"))) == "unsupported_codec"
        assert await refusal(carol, AttachMedia(leg, NOBODY, NOBODY, ())) == "unsupported_codec"


async def refusal(listener: Listener, command: AttachMedia | DetachMedia) -> str:
    with pytest.raises(PhoneError) as refused:
        await listener.session.do(command)
    assert str(refused.value)
    return refused.value.code


@pytest.mark.peer
@pytest.mark.feature("REC-11", "REC-12")
@pytest.mark.parametrize("name", list(CODECS))
async def test_speech_arrives_as_well_as_the_codec_can(tmp_path: Path, name: str) -> None:
    says = {
        ALICE: spoken(
            tmp_path / "alice.wav", "Northside Supplies, this is Alice. What can I do for you today?", "en+f3"
        ),
        BOB: spoken(tmp_path / "bob.wav", "Hello Alice, Bob is speaking, about the order of last week.", "en+m2"),
    }
    codec = by_name(name)
    async with (
        SimServer(replace(office(), voices=says, network=Impairments(jitter=0.02))) as server,
        AsyncExitStack() as stack,
    ):
        (alice,) = await in_a_call(stack, server, "alice")
        asked = time.monotonic()
        await alice.attach(name)
        began = time.monotonic()
        while time.monotonic() < began + 2.5:
            await alice.near.packets(1)
    for ear, who in ((alice.near, ALICE), (alice.far, BOB)):
        timeline = Timeline(codec, began=asked)
        for at, packet in ear.heard:
            timeline.add(packet, at)
        heard = timeline.take(began + 2.4)
        said = says[who].heard(0, len(heard), codec.sample_rate)
        within = int((began - asked + 0.1) * codec.sample_rate)
        assert signal_to_noise(said, heard, within) > OF_SPEECH[name]


def test_an_old_handset_sends_no_audio() -> None:
    desk = Desk()
    leg = desk.do("carol", DialNumber("102"))
    with pytest.raises(Refused) as refused:
        desk.do("carol", AttachMedia(leg, NOBODY, NOBODY, ("PCMU",)))
    assert refused.value.code is Code.MISSING_CAPABILITY


def test_voices_can_be_told_apart() -> None:
    people = [Who(str(number), f"P{number}") for number in range(12)]
    voices = Voices({JANE: Sweep()}, people)
    assert len({voices.of(who) for who in people}) == 12
    assert Voices({}, people).of(people[3]) == voices.of(people[3])
    assert voices.of(JANE) == Sweep()
    assert voices.of(Who("", "one more")) in {voices.of(who) for who in people}
    assert voices.together(()) == Silence()
    both = voices.together(people[:2])
    assert isinstance(both, Together)
    mixed = both.heard(0, 8000, 8000).astype(np.int32)
    assert np.array_equal(mixed, sum(voices.of(who).heard(0, 8000, 8000).astype(np.int32) for who in people[:2]))


def test_a_sweep_rises() -> None:
    sweep = Sweep(300, 3000, 4).heard(0, 32_000, 8000)
    assert loudest(sweep[800:1200], 8000, (360, 1650, 2900)) == 360
    assert loudest(sweep[-1200:-800], 8000, (360, 1650, 2900)) == 2900


def test_a_recorded_voice_is_the_same_at_every_rate_and_begins_again() -> None:
    voice = Recorded(Tone(1000).heard(0, 22_050, 22_050), 22_050)
    for rate in (8000, 16_000, 48_000):
        samples = voice.heard(rate // 2, rate, rate)
        assert len(samples) == rate
        assert loudest(samples, rate, (500, 1000, 2000)) == 1000
        assert np.abs(samples).max() == pytest.approx(8000, rel=0.05)


SCENARIO = """
office:
  audio_channels: 3
  network: {loss: 0.1, jitter: 0.02, drift_ppm: 50, ssrc_changes: [3], silence_suppression: true}
users:
  alice: {name: Alice, extension: 101, password: alice-sim, voice: %s,
          handsets: {desk: {codecs: [PCMA, opus]}}}
people:
  jane: {name: Jane, number: "+15855551234", voice: jane.wav}
"""


def written(path: Path, *, rate: int = 16_000, width: int = 2, channels: int = 1, seconds: float = 0.5) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(b"\x10\x10" * int(seconds * rate) * channels)


def test_a_scenario_says_how_people_sound_and_what_the_network_does(tmp_path: Path) -> None:
    written(tmp_path / "jane.wav")
    written(tmp_path / "alice.wav", rate=8000, channels=2)
    (tmp_path / "day.yaml").write_text(SCENARIO % "alice.wav")
    office = load(tmp_path / "day.yaml").office
    assert office.network == Impairments(
        loss=0.1, jitter=0.02, drift_ppm=50, ssrc_changes=(3,), silence_suppression=True
    )
    assert office.audio_channels == 3
    assert office.users["alice"].handsets[0].codecs == ("PCMA", "opus")
    alice = office.voices[Who("101", "Alice")]
    assert alice.heard(0, 3, 8000).tolist() == [0x1010] * 3
    assert set(office.voices) == {Who("101", "Alice"), Who("+15855551234", "Jane")}


@pytest.mark.parametrize(
    ("voice", "why"),
    [
        ("none.wav", "it cannot be read: No such file"),
        ("day.yaml", "it is no WAV file of plain samples"),
        ("empty", "it is no WAV file of plain samples .it ends too early"),
        ("bytes.wav", "it has 8 bits at 16000 Hz instead of 16 at 8000 to 48000"),
        ("slow.wav", "it has 16 bits at 4000 Hz"),
        ("short.wav", "it lasts 0 s instead of up to 600"),
    ],
)
def test_a_voice_that_cannot_be_had_is_told_with_its_place(tmp_path: Path, voice: str, why: str) -> None:
    written(tmp_path / "jane.wav")
    written(tmp_path / "bytes.wav", width=1)
    written(tmp_path / "slow.wav", rate=4000)
    written(tmp_path / "short.wav", seconds=0)
    (tmp_path / "empty").touch()
    (tmp_path / "day.yaml").write_text(SCENARIO % voice)
    with pytest.raises(UserError, match=rf"day\.yaml:6:\d+.*the voice \"{voice}\": {why}"):
        load(tmp_path / "day.yaml")
    (tmp_path / "day.yaml").write_text((SCENARIO % "jane.wav").replace("opus", "G729"))
    with pytest.raises(UserError, match="a codec is one of PCMU, PCMA, G722, L16, opus"):
        load(tmp_path / "day.yaml")


def test_a_conference_is_heard_as_its_members_hear_it() -> None:
    desk = Desk(with_tones())
    desk.ring(MAIN)
    first = desk.leg("alice-desk").id
    desk.do("alice", AnswerLeg(first))
    second = desk.do("alice", DialNumber("102"))
    bobs = desk.leg("bob-desk").id
    desk.do("bob", AnswerLeg(bobs))
    heard = desk.exchange.audio.heard
    assert heard(first).on_hold
    assert (heard(second).near, heard(second).far) == ((ALICE,), (BOB,))
    desk.do("alice", ConferenceLegs(second, first))
    assert (heard(first).near, heard(first).far) == ((ALICE,), (JANE,))
    assert (heard(second).near, heard(second).far) == ((ALICE,), (BOB,))
    assert (heard(bobs).near, heard(bobs).far) == ((BOB,), (ALICE, JANE))


def test_a_handset_that_cannot_record_conferences_says_so() -> None:
    plain = office()
    limited = Handset(id="alice-desk", capabilities=ABILITIES - {"record_conference"})
    desk = Desk(replace(plain, users={**plain.users, "alice": replace(plain.users["alice"], handsets=(limited,))}))
    first = desk.do("alice", DialNumber(ANSWERING))
    desk.wait(10)
    second = desk.do("alice", DialNumber("102"))
    desk.do("bob", AnswerLeg(desk.leg("bob-desk").id))
    desk.do("alice", AttachMedia(second, NOBODY, NOBODY, ("PCMU",)))
    desk.do("alice", ConferenceLegs(second, first))
    with pytest.raises(Refused, match="alice-desk lacks the capability record_conference") as refused:
        desk.do("alice", AttachMedia(second, NOBODY, NOBODY, ("PCMU",)))
    assert refused.value.code is Code.MISSING_CAPABILITY
