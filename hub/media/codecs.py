"""The codecs there are, by name.

    codec = by_name("PCMU")
    samples = codec.decoder().decode(payload)

G.722 and Opus remember what was before: each stream has a decoder and an encoder of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.media.codec import UnsupportedCodec
from hub.media.framed import G722, Opus
from hub.media.g711 import PCMA, PCMU
from hub.media.l16 import L16

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.media.codec import Codec

CODECS: Mapping[str, Codec] = MappingProxyType({one.name: one for one in (PCMU, PCMA, G722(), L16(), Opus())})


def by_name(name: str) -> Codec:
    """Return the codec of an RTP encoding name, in whatever case. Raises `UnsupportedCodec`."""
    for known, codec in CODECS.items():
        if known.lower() == name.lower():
            return codec
    raise UnsupportedCodec(f"there is no codec {name[:40]!r}; there are {', '.join(CODECS)}")


def first_common(wanted: Iterable[str], offered: Iterable[str]) -> Codec:
    """Return the first codec of `wanted` that is offered, too. Raises `UnsupportedCodec`."""
    offered = tuple(offered)
    there = {name.lower() for name in offered}
    for name in wanted:
        if name.lower() in there:
            return by_name(name)
    raise UnsupportedCodec(f"none of the codecs asked for is offered; there are {', '.join(offered) or 'none'}")
