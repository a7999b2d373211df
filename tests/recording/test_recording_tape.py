"""Two streams on a tape: in time over an hour, whatever the network does; real packets over real sockets."""

from __future__ import annotations

import random
import socket
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hearing import beeps, offset, snr

from hub.media.codecs import by_name
from hub.media.rtp import Packet, build
from hub.recording.datagrams import Datagrams, Many, OneByOne, sender_at
from hub.recording.latch import Latch
from hub.recording.receiver import News, NoPort, Receiver
from hub.recording.tape import LEFT, RIGHT, Change, Tape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PCMU = by_name("PCMU")
RATE = 8000


def voice(seconds: float, seed: int = 1) -> np.ndarray:
    """Return something that is unlike itself a little later: noise in syllables."""
    chance = np.random.default_rng(seed)
    count = round(seconds * RATE)
    noise = np.convolve(chance.normal(size=count), np.ones(8) / 8, "same")
    turns = np.arange(0, count + 1600, 1600)
    syllables = np.interp(np.arange(count), turns, chance.random(len(turns)))
    return np.round(noise * syllables * 9000).clip(-30000, 30000).astype(np.int16)


def datagram(nth: int, samples: np.ndarray, *, ssrc: int = 7, marker: bool = False) -> bytes:
    return build(Packet(0, marker, nth % 65536, nth * 160 % (1 << 32), ssrc, PCMU.encoder().encode(samples)))


def arriving(seconds: float, *, loss: float, jitter: float, ppm: float, seed: int) -> Iterator[tuple[float, int]]:
    """Yield when each packet arrives, in the order of arrival, from a sender whose clock is so much faster."""
    chance = random.Random(seed)  # noqa: S311
    coming = []
    for nth in range(int(seconds * 50)):
        if chance.random() >= loss:
            coming.append((nth * 0.02 / (1 + ppm / 1e6) + chance.random() * jitter, nth))
        if chance.random() < 0.001 and coming:
            coming.append((coming[-1][0] + 0.01, coming[-1][1]))
    yield from sorted(coming)


@pytest.mark.feature("REC-11")
@pytest.mark.parametrize("ppm", [-200, 200])
def test_an_hour_stays_in_time(tmp_path: Path, ppm: float) -> None:
    seconds = 3600.0
    minute = voice(60.0)
    tape = Tape(tmp_path / "a.wav", PCMU, 1000.0)
    queues = [
        arriving(seconds, loss=0.01, jitter=0.06, ppm=ppm, seed=1),
        arriving(seconds, loss=0.0, jitter=0.0, ppm=0, seed=2),
    ]
    coming = [next(queue, None) for queue in queues]
    now = 0.0
    while now < seconds - 1:
        now += 0.57
        for side, queue in enumerate(queues):
            while (one := coming[side]) is not None and one[0] <= now:
                at, nth = one
                begin = nth * 160 % len(minute)
                data = datagram(nth, minute[begin : begin + 160])
                tape.sides[side].add_datagrams([data], 1000.0 + at)
                coming[side] = next(queue, None)
        tape.write(1000.0 + now)
    tape.finish(1000.0 + seconds)
    audio, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert len(audio) == seconds * RATE
    for begin in (60, 1800, 3480):
        for side, drift in ((LEFT, ppm), (RIGHT, 0)):
            heard = audio[begin * RATE : (begin + 30) * RATE, side].astype(float)
            place = begin * (1 + drift / 1e6) % 60  # what the sender says when the recorder's clock is there
            said = np.roll(minute, -round(place * RATE))[: 30 * RATE].astype(float)
            assert abs(offset(heard, said, rate)) < 0.02, (begin, side)
    left, right = tape.reception
    assert right.lost == 0
    assert left.lost == pytest.approx(0.01 * seconds * 50, rel=0.2)
    assert left.duplicates > 0


@pytest.mark.feature("REC-11")
def test_lost_audio_is_silence_of_the_right_length(tmp_path: Path) -> None:
    said = voice(4.0)
    tape = Tape(tmp_path / "a.wav", PCMU, 0.0)
    for nth in range(200):
        if not 50 <= nth < 100:
            for side in tape.sides:
                side.add_datagrams([datagram(nth, said[nth * 160 : nth * 160 + 160])], nth * 0.02)
    tape.finish(4.0)
    audio, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert len(audio) == 4 * RATE
    assert not audio[RATE + 10 : 2 * RATE - 10].any()
    exact = np.concatenate([said[: RATE - 100], said[2 * RATE + 100 :]])
    heard = np.concatenate([audio[: RATE - 100, 0], audio[2 * RATE + 100 :, 0]])
    assert snr(heard, exact) > 30


def test_breaks_marks_and_gain(tmp_path: Path) -> None:
    said = voice(6.0)
    tape = Tape(tmp_path / "a.wav", PCMU, 0.0, louder=-6.0)
    tape.change(Change.THREE_BEEPS, 0.0)
    tape.change(Change.BREAK, 2.0, "asked")
    tape.change(Change.JOIN, 3.0, "asked")
    tape.change(Change.BEEP, 3.0)
    for nth in range(300):
        for side in tape.sides:
            side.add_datagrams([datagram(nth, said[nth * 160 : nth * 160 + 160])], nth * 0.02)
        tape.write(nth * 0.02)
    tape.finish(6.0)
    audio, rate = soundfile.read(tmp_path / "a.wav")
    assert len(audio) == 5 * RATE
    assert [begin for begin, _ in beeps(audio[:, 0], rate)] == pytest.approx([0.0, 0.4, 0.8, 2.0], abs=0.02)
    assert snr(audio[3 * RATE :, 1] * 32768, said[4 * RATE :] * 10 ** (-6 / 20)) > 25
    assert [(mark.at, mark.what) for mark in tape.marks] == [
        (0.0, Change.THREE_BEEPS),
        (2.0, Change.BREAK),
        (2.0, Change.JOIN),
        (2.0, Change.BEEP),
    ]


@pytest.mark.feature("REC-11")
@pytest.mark.parametrize("take", [OneByOne, Many])
def test_packets_over_sockets(tmp_path: Path, take: type[Datagrams]) -> None:
    said = [voice(2.0, 1), voice(2.0, 2)]
    receiver = Receiver(take=take(), every=0.03)
    receiver.start()
    line = receiver.open()
    began = time.monotonic()
    tape = Tape(tmp_path / "a.wav", PCMU, began)
    receiver.play(line, tape)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        for nth in range(100):
            time.sleep(max(0.0, began + nth * 0.02 - time.monotonic()))
            for samples, port in zip(said, line.ports, strict=True):
                here.sendto(datagram(nth, samples[nth * 160 : nth * 160 + 160]), ("127.0.0.1", port))
                here.sendto(b"no RTP", ("127.0.0.1", port))
    assert receiver.close(line, time.monotonic()).result(10) is None
    assert receiver.stop()
    audio, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    for side in (LEFT, RIGHT):
        heard = audio[:, side].astype(float)
        assert abs(offset(heard, said[side].astype(float), rate)) < 0.08  # as late as it was sent
        assert tape.reception[side].received >= 100
        assert tape.reception[side].lost == 0


def talked(tape: Tape, begin: float, seconds: float, said: np.ndarray, first: int = 0) -> None:
    """Have both streams come on time, and the tape written now and then."""
    for nth in range(round(seconds * 50)):
        for side in tape.sides:
            side.add_datagrams([datagram(first + nth, said[nth * 160 : nth * 160 + 160])], begin + nth * 0.02)
        if nth % 30 == 0:
            tape.write(begin + nth * 0.02)


@pytest.mark.feature("REC-10")
def test_silence_before_the_first_word_costs_nothing_until_then(tmp_path: Path) -> None:
    said = voice(4.0)
    tape = Tape(tmp_path / "a.wav", PCMU, 0.0, tone_every=3600.0)
    tape.change(Change.THREE_BEEPS, 0.0)
    for minute in range(120):
        tape.write(minute * 60.0)
    tape.change(Change.MARK, 7150.0, "asked")
    tape.write(7200.0)
    assert (tmp_path / "a.wav").stat().st_size < 100
    talked(tape, 7200.0, 4.0, said)
    tape.finish(7204.0)
    audio, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert len(audio) == 7204 * RATE
    assert abs(offset(audio[7200 * RATE :, LEFT].astype(float), said.astype(float), rate)) < 0.02
    for begin, count in ((0, 3), (3600, 1)):
        part = audio[begin * RATE : (begin + 2) * RATE, LEFT] / 32768
        assert len(beeps(part, rate)) == count
    assert not audio[2 * RATE : 3600 * RATE].any()
    assert [(mark.at, mark.what) for mark in tape.marks] == [(0.0, Change.THREE_BEEPS), (7150.0, Change.MARK)]


def test_a_call_without_a_word_leaves_an_empty_file(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "a.wav", PCMU, 0.0)
    tape.write(3600.0)
    tape.finish(3601.0)
    assert not tape.heard
    assert soundfile.info(tmp_path / "a.wav").frames == 0


class Clocks:
    """A wall clock that somebody sets, beside one that goes on."""

    def __init__(self) -> None:
        self.set_by = 0.0

    def wall(self) -> float:
        return time.time() + self.set_by

    def take(self, fd: int, many: Many) -> float:
        """Return how long ago what waits has come; an error of the clock shows."""
        assert many.take(fd)
        return time.monotonic() - many.arrived


@pytest.mark.feature("REC-11")
@pytest.mark.parametrize("by", [-3600.0, -0.19, 0.19, 3600.0])
@pytest.mark.parametrize("when", ["before the packet", "after the packet", "within the round"])
def test_a_wall_clock_that_is_set_moves_no_audio(by: float, when: str) -> None:
    """The kernel's times are those of the real clock: to set another one before or after is to set that one."""
    clocks = Clocks()
    many = Many(wall=clocks.wall)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to,
    ):
        here.bind(("127.0.0.1", 0))
        here.settimeout(0)
        many.prepare(here)

        def send() -> None:
            to.sendto(b"x", here.getsockname())

        many.begin()
        send()
        assert clocks.take(here.fileno(), many) < 0.1
        if when == "before the packet":
            clocks.set_by = by
            send()
            many.begin()
        elif when == "after the packet":
            send()
            clocks.set_by = by
            many.begin()
        else:
            many.begin()
            send()
            clocks.set_by = by
        assert 0 <= clocks.take(here.fileno(), many) < 0.1
        clocks.set_by = 0.0
        for _ in range(2):
            many.begin()
        send()
        assert 0 <= clocks.take(here.fileno(), many) < 0.1


RTP = datagram(0, np.zeros(160, np.int16))


def test_a_stream_is_that_of_the_first_who_sends() -> None:
    latch = Latch()
    assert not latch.admits(b"noise", b"no RTP", 1.0)
    assert latch.admits(b"one", RTP, 1.0)
    assert not latch.admits(b"other", RTP, 1.5)
    assert latch.admits(b"one", b"no RTP", 5.0)
    assert not latch.admits(b"other", RTP, 9.9)
    assert latch.admits(b"other", RTP, 10.1)
    assert not latch.admits(b"one", RTP, 10.2)
    assert latch.refused == 4


def test_a_stream_is_that_of_who_was_named() -> None:
    latch = Latch(b"named")
    assert not latch.admits(b"other", RTP, 1.0)
    assert latch.admits(b"named", RTP, 1.0)
    assert not latch.admits(b"other", RTP, 100.0)
    latch.changed(100.0, b"next")
    assert not latch.admits(b"other", RTP, 100.0)
    assert latch.admits(b"named", RTP, 100.0)  # was on its way
    assert latch.admits(b"next", RTP, 100.1)
    assert not latch.admits(b"named", RTP, 200.0)


def test_who_was_named_in_vain_gives_way_until_heard() -> None:
    latch = Latch(b"named", began=10.0)
    assert not latch.admits(b"translated", RTP, 14.9)
    assert latch.admits(b"translated", RTP, 15.1)
    assert not latch.admits(b"other", RTP, 15.2)
    assert latch.admits(b"named", RTP, 15.3)
    assert not latch.admits(b"translated", RTP, 100.0)


def test_a_stream_goes_over_to_another_who_sends_soon_after_the_change() -> None:
    latch = Latch()
    assert latch.admits(b"one", RTP, 1.0)
    latch.changed(2.0)
    assert latch.admits(b"one", RTP, 2.1)  # was on its way
    assert latch.admits(b"other", RTP, 2.2)
    assert not latch.admits(b"one", RTP, 2.3)
    latch.changed(3.0)
    assert latch.admits(b"other", RTP, 7.9)
    assert not latch.admits(b"late", RTP, 8.1)


@pytest.mark.feature("REC-11")
@pytest.mark.parametrize("take", [OneByOne, Many])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_stranger_who_knows_the_port_is_not_heard(tmp_path: Path, take: type[Datagrams], host: str) -> None:
    receiver = Receiver(take=take(), every=0.03, host=host)
    receiver.start()
    line = receiver.open()
    family = line.sockets[0].family
    with socket.socket(family, socket.SOCK_DGRAM) as here, socket.socket(family, socket.SOCK_DGRAM) as stranger:
        here.bind((host, 0))
        tape = Tape(tmp_path / "a.wav", PCMU, time.monotonic(), sender=sender_at(here.getsockname()[:2]))
        receiver.play(line, tape)
        for nth in range(50):
            stranger.sendto(datagram(nth, np.full(160, 9999, np.int16), ssrc=9), (host, line.ports[0]))
            here.sendto(datagram(nth, np.full(160, 1000, np.int16)), (host, line.ports[0]))
    assert receiver.close(line, time.monotonic() + 2).result(10) is None
    assert receiver.stop()
    assert (tape.reception[LEFT].received, tape.latches[LEFT].refused) == (50, 50)
    audio, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert 900 < audio.max() < 1100


def test_one_recording_that_fails_costs_no_other(tmp_path: Path) -> None:
    receiver = Receiver(every=0.02)
    receiver.start()
    tapes = [Tape(tmp_path / f"{nth}.wav", PCMU, time.monotonic()) for nth in range(2)]
    lines = [receiver.open(), receiver.open()]
    told: list[tuple[News, OSError | None]] = []

    def broken(*_: object) -> None:
        raise RuntimeError("a fault in here")

    tapes[0].write = broken  # type: ignore[method-assign]
    lines[0].tell = lambda news, error: told.append((news, error))
    for line, tape in zip(lines, tapes, strict=True):
        receiver.play(line, tape)
    until = time.monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        nth = 0
        while time.monotonic() < until and not (told and tapes[1].writer.frames):
            here.sendto(datagram(nth, voice(0.02)), ("127.0.0.1", lines[1].ports[0]))
            nth += 1
            time.sleep(0.02)
    assert [(news, str(error)) for news, error in told] == [(News.FAILED, "a fault in here")]
    assert tapes[1].writer.frames
    assert receiver.stop()


def test_no_more_lines_than_there_may_be() -> None:
    receiver = Receiver(most=1)
    receiver.start()
    receiver.open()
    with pytest.raises(NoPort, match="1 calls"):
        receiver.open()
    assert receiver.stop()
