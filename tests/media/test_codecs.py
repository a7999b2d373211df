from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech import OF_SPEECH, signal_to_noise, spoken

from hub.media.codec import Codec, CodecError, SampleCodec, Samples, UnsupportedCodec
from hub.media.codecs import CODECS, by_name, first_common
from hub.sim.audio.voices import Tone

if TYPE_CHECKING:
    from pathlib import Path

SPEECH = "The quick brown fox jumps over the lazy dog, and asks for your order number."
everything = pytest.mark.parametrize("name", list(CODECS))
AT_LEAST = {"PCMU": 36.0, "PCMA": 36.0, "G722": 30.0, "L16": 120.0, "opus": 14.0}
"""Signal to noise in dB that a codec must leave of a 1 kHz tone at a quarter of full scale."""


def through(codec: Codec, samples: Samples) -> Samples:
    encoder, decoder = codec.encoder(), codec.decoder()
    frames = range(0, len(samples) - codec.frame + 1, codec.frame)
    return np.concatenate([decoder.decode(encoder.encode(samples[at : at + codec.frame])) for at in frames])


@everything
def test_a_tone_comes_back_as_well_as_the_codec_can(name: str) -> None:
    codec = by_name(name)
    sent = Tone(1000).heard(0, codec.sample_rate, codec.sample_rate)
    assert signal_to_noise(sent, through(codec, sent)) > AT_LEAST[name]


@pytest.mark.peer
@everything
def test_speech_comes_back_as_well_as_the_codec_can(name: str, tmp_path: Path) -> None:
    codec = by_name(name)
    sent = spoken(tmp_path / "speech.wav", SPEECH).heard(0, 2 * codec.sample_rate, codec.sample_rate)
    assert signal_to_noise(sent, through(codec, sent)) > OF_SPEECH[name]


@pytest.mark.parametrize(("name", "reference"), [("PCMU", "pcm_mulaw"), ("PCMA", "pcm_alaw")])
def test_the_tables_of_g711_are_the_standard_s(name: str, reference: str) -> None:
    codec = by_name(name)
    assert isinstance(codec, SampleCodec)
    context = av.CodecContext.create(reference, "r")  # type: ignore[call-overload]  two names of many
    context.sample_rate, context.layout = 8000, "mono"
    (frame,) = context.decode(av.Packet(bytes(range(256))))
    levels = codec.decode(bytes(range(256)))
    assert np.array_equal(levels, frame.to_ndarray()[0])
    every_sample = np.arange(-(2**15), 2**15).astype(np.int16)
    nearest = np.abs(levels[None, :].astype(np.int32) - every_sample[:, None].astype(np.int32)).min(axis=1)
    error = np.abs(codec.decode(codec.encode(every_sample)).astype(np.int32) - every_sample)
    assert np.array_equal(error, nearest)
    assert codec.encode(np.zeros(3, np.int16)) == codec.silence(3)


@everything
def test_how_long_a_payload_sounds_is_known_without_decoding(name: str) -> None:
    codec = by_name(name)
    payload = codec.encoder().encode(Tone(700).heard(0, codec.frame, codec.sample_rate))
    assert codec.ticks(payload) == codec.clock_rate // 50
    assert len(codec.decoder().decode(payload)) == codec.frame
    assert codec.ticks(b"") == 0


@given(st.binary(min_size=1, max_size=40))
def test_opus_tells_the_length_that_its_decoder_finds(payload: bytes) -> None:
    codec = by_name("opus")
    ticks = codec.ticks(payload)
    assert 0 <= ticks <= 5760
    try:
        decoded = codec.decoder().decode(payload)
    except CodecError:
        return
    assert len(decoded) == ticks


@pytest.mark.parametrize("name", ["G722", "opus", "L16"])
@given(payloads=st.lists(st.binary(max_size=60), max_size=5))
def test_no_payload_does_harm(name: str, payloads: list[bytes]) -> None:
    decoder = by_name(name).decoder()
    for payload in payloads:
        try:
            decoded = decoder.decode(payload)
        except CodecError as error:
            assert "bytes are" in str(error)  # noqa: PT017  most are read
        else:
            assert decoded.dtype == np.int16


@pytest.mark.parametrize("name", ["G722", "opus"])
def test_frames_have_a_length(name: str) -> None:
    with pytest.raises(CodecError, match="samples at a time, not 10"):
        by_name(name).encoder().encode(np.zeros(10, np.int16))


def test_an_unknown_codec_is_told_with_those_there_are() -> None:
    assert by_name("OPUS") is CODECS["opus"]
    with pytest.raises(UnsupportedCodec, match="no codec 'G729'; there are PCMU, PCMA, G722, L16, opus"):
        by_name("G729")


def test_the_first_codec_that_both_have_is_taken() -> None:
    assert first_common(("opus", "pcma", "PCMU"), ("PCMU", "PCMA")).name == "PCMA"
    with pytest.raises(UnsupportedCodec, match="there are PCMU"):
        first_common(("opus",), ("PCMU",))
