from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from hub.errors import UserError
from hub.phone.picture import EDGE, LARGEST, LARGEST_FILE, MOST_PIXELS, checked, made_small


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 100).convert("RGB")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be this large."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("given", "media_type"),
    [
        (saved(Image.new("RGB", (2000, 1000), "navy"), "PNG"), "image/png"),
        (saved(Image.new("RGBA", (2000, 1000), (9, 9, 9, 0)), "PNG"), "image/png"),
        (saved(Image.new("P", (2000, 1000)), "PNG", transparency=0), "image/png"),
        (saved(Image.new("L", (2000, 1000)), "JPEG"), "image/jpeg"),
        (saved(Image.new("CMYK", (2000, 1000)), "JPEG"), "image/jpeg"),
        (saved(noise(2000, 1000), "JPEG"), "image/jpeg"),
        (saved(noise(500, 250), "PNG"), "image/jpeg"),
    ],
)
def test_a_picture_is_made_small_enough_for_everyone(given: bytes, media_type: str) -> None:
    made = made_small(given)
    assert (made.media_type, made.width, made.height) == (media_type, EDGE, EDGE // 2)
    assert len(made.data) <= LARGEST
    assert checked(made.data) == made


def test_nothing_but_the_pixels_stays() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home by Alice"
    exif[0x0112] = 6  # turned by a quarter
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "taken at home by Alice")
    pictures = (
        saved(Image.new("RGB", (200, 100), "navy"), "JPEG", exif=exif, comment="taken at home by Alice"),
        saved(Image.new("RGB", (100, 200), "navy"), "PNG", pnginfo=text) + b"taken at home by Alice",
    )
    for picture in pictures:
        made = made_small(picture)
        assert (made.width, made.height) == (100, 200)
        assert b"Alice" in picture
        assert b"Alice" not in made.data
        assert not Image.open(io.BytesIO(made.data)).getexif()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "no PNG and no JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no PNG and no JPEG"),
        (saved(Image.new("RGB", (9, 9)), "GIF"), "no PNG and no JPEG"),
        (saved(noise(90, 90), "JPEG")[:1000], "damaged"),
        (saved(noise(90, 90), "PNG")[:1000], "damaged"),
        (bomb(100, 100_000_000), "the picture has"),
        (bomb(30_000, 30_000), "the picture has"),
        (bomb(6_000, 5_000), "pixels, 24000000 are the most"),
        (bomb(4_000, 5_000), "damaged"),
        (b"\xff\xd8\xff" + b"x" * LARGEST_FILE, "bytes, 5242880 are the most"),
    ],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused(content: bytes, cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        made_small(content)
    assert MOST_PIXELS == 24_000_000


def test_what_was_not_made_small_is_not_taken_for_it() -> None:
    for content, cause in (
        (saved(Image.new("RGB", (EDGE + 1, EDGE)), "PNG"), "pixels"),
        (saved(noise(EDGE, EDGE), "PNG"), "bytes"),
        (b"GIF89a", "no PNG"),
    ):
        with pytest.raises(UserError, match=cause):
            checked(content)


SMALL = [saved(Image.radial_gradient("L").resize((16, 16)), kind) for kind in ("PNG", "JPEG")]


@given(st.data())
def test_no_damage_does_more_than_be_told(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = made_small(bytes(content))
    except UserError:
        return
    assert max(made.width, made.height) <= EDGE
