from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.media.rtp import FIXED_HEADER, SEQUENCES, TIMESTAMPS, Packet, RtpError, build, parse, unwrapped

PACKET = Packet(payload_type=8, marker=True, sequence=65_535, timestamp=2**32 - 1, ssrc=1, payload=b"sound")

packets = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence=st.integers(0, 2**16 - 1),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=400),
)


@given(packets)
def test_a_packet_that_was_built_is_parsed_as_it_was(packet: Packet) -> None:
    assert parse(build(packet)) == packet
    assert parse(memoryview(build(packet))) == packet


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=80).map(lambda data: b"\xbf" + data)))
def test_any_data_is_a_packet_or_an_error_that_says_why(data: bytes) -> None:
    try:
        packet = parse(data)
    except RtpError as error:
        assert str(error)  # noqa: PT017  most data end here, some do not
    else:
        assert packet.payload in data


@given(
    packets,
    st.lists(st.binary(min_size=4, max_size=4), max_size=15),
    st.none() | st.integers(0, 9),
    st.integers(0, 255),
)
def test_sources_extension_and_padding_are_skipped(
    packet: Packet, sources: list[bytes], words: int | None, padding: int
) -> None:
    data = bytearray(build(packet))
    data[0] |= len(sources) | (0x10 if words is not None else 0) | (0x20 if padding else 0)
    extension = b"" if words is None else struct.pack("!HH", 0xBEDE, words) + bytes(4 * words)
    data[FIXED_HEADER.size : FIXED_HEADER.size] = b"".join(sources) + extension
    if padding:
        data += bytes(padding - 1) + bytes([padding])
    assert parse(bytes(data)) == packet


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "0 bytes are no RTP packet: its header alone has 12"),
        (b"\x40" + bytes(11), "RTP version 1 instead of 2"),
        (b"\x8f" + bytes(11), "the header has 72 bytes, the packet 12"),
        (b"\x90" + bytes(11), "the header extension is missing"),
        (b"\x90" + bytes(13) + b"\x00\x09", "the header has 52 bytes, the packet 16"),
        (b"\xa0" + bytes(11) + b"\x00", "0 bytes of padding in a packet with room for 1"),
        (b"\xa0" + bytes(11) + b"\x02", "2 bytes of padding in a packet with room for 1"),
        (b"\xa0" + bytes(11), "0 bytes of padding in a packet with room for 0"),
    ],
)
def test_an_error_names_what_is_wrong(data: bytes, why: str) -> None:
    with pytest.raises(RtpError, match=why):
        parse(data)


@pytest.mark.parametrize("wrong", [{"payload_type": 128}, {"sequence": 65_536}, {"timestamp": -1}, {"ssrc": 2**32}])
def test_a_field_that_is_too_large_is_not_built(wrong: dict[str, int]) -> None:
    with pytest.raises(RtpError, match=f"{next(iter(wrong.values()))} is not in 0 to"):
        build(replace(PACKET, **wrong))  # type: ignore[arg-type]  fields by name


@given(st.integers(0, 2**40), st.integers(-(2**15) + 1, 2**15 - 1))
def test_wrapping_counts_go_on(near: int, step: int) -> None:
    assert unwrapped((near + step) % SEQUENCES, near, SEQUENCES) == near + step
    assert unwrapped((near + step) % TIMESTAMPS, near, TIMESTAMPS) == near + step
