from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from on_the_way import BEGAN, babble, carried, offset

from hub.media.codec import UnsupportedCodec
from hub.media.codecs import by_name
from hub.media.jitter import Timeline
from hub.media.rtp import Packet, build, parse
from hub.sim.audio.impairments import Impairments
from hub.sim.audio.packets import PacketSource
from hub.sim.audio.voices import Silence, Tone

if TYPE_CHECKING:
    from hub.sim.audio.voices import Voice

PCMU = by_name("PCMU")
SPOKEN = babble(8000)
WITH_PAUSES = babble(8000, pauses=True)
IN_PLACE = 0.020
FRAME = 160

impairments = st.builds(
    Impairments,
    loss=st.sampled_from([0.0, 0.02, 0.2]),
    duplication=st.sampled_from([0.0, 0.05]),
    reorder=st.sampled_from([0.0, 0.05]),
    jitter=st.floats(0, 0.06),
    drift_ppm=st.floats(-200, 200),
    ssrc_changes=st.lists(st.floats(5, 50), max_size=2).map(tuple),
    silence_suppression=st.booleans(),
    first_sequence=st.integers(65_000, 65_535) | st.integers(0, 65_535),
    first_timestamp=st.integers(2**32 - 200_000, 2**32 - 1) | st.integers(0, 2**32 - 1),
    seed=st.integers(0, 1000),
)


def spoken_at(voice: Voice, second: float, impaired: Impairments) -> bool:
    """Whether enough is said in a second to find its place."""
    samples = voice.heard(int(second * 8000 * (1 + impaired.drift_ppm * 1e-6)), 8000, 8000)
    return bool(np.mean(np.abs(samples) > 100) > 0.3)


def fed(*datagrams: tuple[float, Packet], **more: int) -> Timeline:
    timeline = Timeline(PCMU, began=0.0, **more)
    for at, packet in datagrams:
        timeline.add(packet, at)
    return timeline


def tone(number: int, *, sequence: int | None = None, ssrc: int = 1, marker: bool = False) -> tuple[float, Packet]:
    """Return the n-th 20 ms of a stream of full-scale samples that tell which, at its time."""
    payload = bytes([number % 100]) * FRAME
    return number / 50, Packet(0, marker, 7 + number if sequence is None else sequence, number * FRAME, ssrc, payload)


def frames(timeline: Timeline, until: float) -> list[int]:
    """Return which packet lies in each 20 ms, 255 where silence does, -1 where there is a mixture."""
    data = timeline.take_payload(until)
    parts = [data[at : at + FRAME] for at in range(0, len(data), FRAME)]
    return [part[0] if len(set(part)) == 1 else -1 for part in parts]


@settings(max_examples=40, deadline=None)
@given(impairments, st.booleans())
def test_audio_has_the_right_length_and_lies_in_its_place(impaired: Impairments, pauses: bool) -> None:  # noqa: FBT001
    voice = WITH_PAUSES if pauses else SPOKEN
    heard = carried(voice, PCMU, impaired, 60)
    assert len(heard.samples) == 60 * 8000
    for second in range(0, 59, 4):
        changing = any(second - 1 < change < second + 2 for change in impaired.ssrc_changes)
        if spoken_at(voice, second, impaired) and not changing:
            assert abs(offset(heard, voice, second, impaired.drift_ppm)) <= IN_PLACE, second


@pytest.mark.timeout(120)
@settings(max_examples=2, deadline=None, phases=(Phase.explicit, Phase.generate))  # to shrink would take hours
@example(Impairments(loss=0.03, reorder=0.02, jitter=0.06, drift_ppm=200, silence_suppression=True, seed=1))
@example(Impairments(loss=0.03, duplication=0.02, jitter=0.06, drift_ppm=-200, first_sequence=65_500, seed=2))
@given(impairments)
def test_an_hour_stays_in_time(impaired: Impairments) -> None:
    voice = WITH_PAUSES if impaired.silence_suppression else SPOKEN
    heard = carried(voice, PCMU, impaired, 3600)
    assert len(heard.samples) == 3600 * 8000
    changed = max(impaired.ssrc_changes, default=0)
    for second in (1, 60, 600, 1800, 2700, 3400, 3580):
        nearest = next(at for at in range(second, 3600) if spoken_at(voice, at, impaired) and not -1 < changed - at < 2)
        assert abs(offset(heard, voice, nearest, impaired.drift_ppm)) <= IN_PLACE, nearest
    if not impaired.ssrc_changes:
        assert abs(heard.stats.drift_ppm - impaired.drift_ppm) < 5


@settings(max_examples=25, deadline=None)
@given(impairments, st.sampled_from([0.02, 0.187, 1.0]))
def test_datagrams_in_bulk_are_as_packets_one_by_one(impaired: Impairments, every: float) -> None:
    source = PacketSource(WITH_PAUSES, PCMU, began=BEGAN, impairments=impaired)
    in_bulk, one_by_one = (Timeline(PCMU, began=BEGAN, most_waiting=60) for _ in range(2))
    now = BEGAN
    for step in range(int(30 / every)):
        now += every
        datagrams = [data for _, data in source.due(now)]
        if step % 7 == 3:
            datagrams.insert(len(datagrams) // 2, b"no RTP")
        in_bulk.add_datagrams(datagrams, now)
        for data in datagrams:
            if data != b"no RTP":
                one_by_one.add(parse(data), now)
        assert in_bulk.take_payload(now - 0.2) == one_by_one.take_payload(now - 0.2)
    assert in_bulk.stats.broken == sum(step % 7 == 3 for step in range(int(30 / every)))
    assert in_bulk.stats.received > 100
    for field in ("received", "lost", "late", "duplicates", "reordered", "dropped", "jitter", "drift_ppm", "gaps"):
        assert getattr(in_bulk.stats, field) == getattr(one_by_one.stats, field), field


@pytest.mark.parametrize("name", ["PCMA", "G722", "L16", "opus"])
def test_every_codec_lies_in_its_place(name: str) -> None:
    codec = by_name(name)
    voice = babble(codec.sample_rate)
    impaired = Impairments(loss=0.02, jitter=0.03, reorder=0.03, drift_ppm=150)
    heard = carried(voice, codec, impaired, 30)
    assert len(heard.samples) == 30 * codec.sample_rate
    for second in (1, 10, 28):
        assert abs(offset(heard, voice, second, impaired.drift_ppm)) <= IN_PLACE
    assert heard.stats.broken == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.builds(
                Packet,
                payload_type=st.sampled_from([0, 13, 101]),
                marker=st.booleans(),
                sequence=st.integers(0, 65_535),
                timestamp=st.integers(0, 2**32 - 1) | st.integers(0, 3000),
                ssrc=st.integers(0, 6),
                payload=st.binary(max_size=400),
            ),
        ),
        max_size=60,
    ),
    st.lists(st.floats(-1, 20), max_size=5),
)
def test_hostile_packets_change_neither_length_nor_bounds(
    packets: list[tuple[float, Packet]], untils: list[float]
) -> None:
    timeline = fed(*packets, most_waiting=20)
    latest = 0
    for until in untils:
        length = len(timeline.take_payload(until))
        assert latest + length == max(latest, round(until * 8000))
        latest += length
    assert timeline._waiting <= 20


def test_lost_audio_is_silence_of_the_right_length() -> None:
    timeline = fed(*(tone(number) for number in range(60) if number not in (20, 21, 40)))
    assert frames(timeline, 1.2) == [255 if number in (20, 21, 40) else number for number in range(60)]
    assert (timeline.stats.received, timeline.stats.lost) == (57, 3)
    assert timeline.stats.gaps == ((0.4, 0.44), (0.8, 0.82))


def test_silence_that_was_not_sent_is_no_loss() -> None:
    spurts = [tone(number) for number in range(20)]
    spurts += [tone(number, sequence=7 + number - 30, marker=number == 50) for number in range(50, 60)]
    timeline = fed(*spurts)
    assert frames(timeline, 1.2) == [*range(20), *[255] * 30, *range(50, 60)]
    assert (timeline.stats.lost, timeline.stats.gaps) == (0, ())


def test_packets_out_of_order_are_put_in_order_and_doubles_left_out() -> None:
    order = [1, 0, 2, 5, 3, 4, 4, 6, 5, 7]
    timeline = fed(*((0.02 * 7, tone(number)[1]) for number in order))
    assert frames(timeline, 0.16) == list(range(8))
    stats = timeline.stats
    assert (stats.lost, stats.reordered, stats.duplicates) == (0, 3, 2)


def test_a_packet_that_comes_too_late_is_told_from_a_lost_one() -> None:
    timeline = fed(*(tone(number) for number in range(20) if number != 10))
    assert frames(timeline, 0.4)[9:12] == [9, 255, 11]
    timeline.add(tone(10)[1], 0.41)
    timeline.add(tone(20)[1], 0.42)
    assert frames(timeline, 0.42) == [20]
    assert (timeline.stats.lost, timeline.stats.late, timeline.stats.reordered) == (0, 1, 1)


def test_single_strays_do_no_harm() -> None:
    stray = Packet(0, False, 40_000, 123_456_789, 1, b"x" * FRAME)  # noqa: FBT003  a packet by its fields
    foreign = Packet(0, False, 9, FRAME, 2, b"y" * FRAME)  # noqa: FBT003
    packets = [tone(number) for number in range(50)]
    packets[20:20] = [(0.4, stray)]
    packets[30:30] = [(0.6, foreign)]
    assert frames(fed(*packets), 1.0) == list(range(50))


def test_a_sender_that_begins_anew_goes_on_in_time() -> None:
    before = [tone(number) for number in range(25)]
    other = [tone(number, sequence=300 + number, ssrc=9) for number in range(25, 50)]
    same = [(at, Packet(0, False, 60_000 + n, 5_000_000 + n * FRAME, 9, bytes([n]) * FRAME))  # noqa: FBT003
            for n, at in ((n, n / 50) for n in range(50, 60))]  # fmt: skip
    timeline = fed(*before, *other, *same)
    assert frames(timeline, 1.2) == list(range(60))
    assert timeline.stats.lost == 0


@pytest.mark.parametrize("pause", [0, 40])
def test_a_sender_that_begins_anew_with_the_same_numbers_goes_on_in_time(pause: int) -> None:
    before = [tone(number) for number in range(50)]
    after = [(at + 1.0 + pause / 50, packet) for at, packet in (tone(number) for number in range(50))]
    timeline = fed(*before, *after)
    assert frames(timeline, 2.0 + pause / 50) == [*range(50), *[255] * pause, *range(50)]
    assert (timeline.stats.lost, timeline.stats.duplicates) == (0, 0)


def test_a_stream_that_comes_twice_is_heard_once() -> None:
    packets = [tone(number) for number in range(50)]
    again = [(at + 0.07, packet) for at, packet in packets]
    timeline = fed(*sorted([*packets, *again], key=lambda each: each[0]))
    assert frames(timeline, 1.2) == [*range(50), *[255] * 10]
    assert (timeline.stats.lost, timeline.stats.duplicates) == (0, 50)


def test_timestamps_that_stood_still_in_a_pause_go_on_in_time() -> None:
    spoken = [tone(number) for number in range(25)]
    later = [(at + 5.0, packet) for at, packet in (tone(number, marker=number == 25) for number in range(25, 50))]
    assert frames(fed(*spoken, *later), 6.0) == [*range(25), *[255] * 250, *range(25, 50)]


def test_comfort_noise_and_digits_are_counted_but_not_heard() -> None:
    packets = [tone(number) for number in range(10)]
    noise = Packet(13, False, 7 + 10, 10 * FRAME, 1, b"\x40")  # noqa: FBT003
    spoken = [tone(number, sequence=7 + number - 9) for number in range(20, 25)]
    timeline = fed(*packets, (0.2, noise), *spoken)
    assert frames(timeline, 0.5) == [*range(10), *[255] * 10, *range(20, 25)]
    assert (timeline.stats.received, timeline.stats.lost) == (16, 0)


def test_no_more_packets_wait_than_may() -> None:
    timeline = fed(*(tone(number) for number in range(30)), most_waiting=10)
    assert frames(timeline, 0.6) == [*range(10), *[255] * 20]
    assert (timeline.stats.dropped, timeline.stats.lost) == (20, 0)


def test_a_silent_stream_is_silence() -> None:
    timeline = Timeline(PCMU, began=100.0)
    assert timeline.take_payload(101.0) == b"\xff" * 8000
    assert timeline.take(101.5).tolist() == [0] * 4000
    assert len(timeline.take(101.2)) == 0
    assert timeline.stats.last_arrival is None


def test_a_payload_can_be_taken_only_where_it_can_be_cut() -> None:
    with pytest.raises(UnsupportedCodec, match="G722 can only be taken as samples"):
        Timeline(by_name("G722"), began=0).take_payload(1)


def test_jitter_is_that_of_rfc_3550() -> None:
    arrivals = [n / 50 + (0.008 if n % 2 else 0.0) for n in range(400)]
    timeline = fed(*((at, tone(n)[1]) for n, at in enumerate(arrivals)))
    assert timeline.stats.jitter == pytest.approx(0.008, rel=0.01)
    assert timeline.stats.last_arrival == arrivals[-1]


def test_what_is_said_can_change_and_pause() -> None:
    source = PacketSource(Tone(1000), PCMU, began=0.0)
    timeline = Timeline(PCMU, began=0.0)
    for second, change in ((1, ("paused", True)), (2, ("paused", False)), (3, ("voice", Silence()))):
        for at, data in source.due(second - 0.001):
            timeline.add(parse(data), at)
        setattr(source, *change)
    for at, data in source.due(4):
        timeline.add(parse(data), at)
    loud = [bool(np.abs(timeline.take(second)).max() > 1000) for second in (1.0, 2.0, 3.0, 4.0)]
    assert loud == [True, False, True, False]
    assert timeline.stats.received == 151
    assert build(parse(data)) == data
