"""The user's directory image: looked at without trust, made small, without what a camera writes beside the picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes of a file that is looked at."""
MOST_PIXELS = 24_000_000
"""Pixels of a picture that is unpacked: a few kilobytes can claim to be gigabytes."""
EDGE = 256
"""Pixels of the longer edge, at most, of what is kept."""
LARGEST = 40_000
"""Bytes, at most, of what is kept: in base64 it fits into one message of the phone system."""
_QUALITIES = (90, 80, 65, 50)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG or JPEG of known size, safe to show: `media_type` is `image/png` or `image/jpeg`."""

    media_type: str
    data: bytes
    width: int
    height: int


def made_small(content: bytes) -> Picture:
    """Make the picture that is kept of a PNG or JPEG file; `UserError` says what is wrong with the file.

    It is drawn anew, so that nothing of the file is in it but its pixels: no place, no name, no hidden content.
    """
    image = _opened(content, LARGEST_FILE, MOST_PIXELS)
    image.thumbnail((EDGE, EDGE))
    has_transparency = "A" in image.getbands() or "transparency" in image.info
    if has_transparency or image.format == "PNG":
        drawn = _written(image.convert("RGBA" if has_transparency else "RGB"), "PNG")
        if len(drawn.data) <= LARGEST:
            return drawn
    flat = _on_white(image)
    for quality in _QUALITIES:
        drawn = _written(flat, "JPEG", quality=quality)
        if len(drawn.data) <= LARGEST:
            return drawn
    raise UserError.of(f"the picture does not fit into {LARGEST} bytes", "choose a plainer one")


def checked(content: bytes) -> Picture:
    """Check a picture that is said to have been made small; `UserError` says what is wrong with it."""
    image = _opened(content, LARGEST, EDGE * EDGE)
    return Picture(_MEDIA_TYPES[str(image.format)], content, image.width, image.height)


_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


def _opened(content: bytes, largest: int, most_pixels: int) -> Image:
    """Unpack a picture, upright; its `format` stays known."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise UserError.of("pictures need the package Pillow", "pip install 'phonehub[images]'") from None
    if len(content) > largest:
        raise UserError.of(f"the picture has {len(content)} bytes, {largest} are the most", "choose a smaller one")
    try:
        image = Image.open(io.BytesIO(content), formats=list(_MEDIA_TYPES))
        if image.width * image.height > most_pixels:
            size = f"{image.width} x {image.height}"
            raise UserError.of(f"the picture has {size} pixels, {most_pixels} are the most", "choose a smaller one")
        kind = image.format
        image.load()
        upright = ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        raise UserError.of("this is no PNG and no JPEG", "save the picture as one of these") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UserError.of(f"the picture has more than {most_pixels} pixels", "choose a smaller one") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UserError.of(f"the picture is damaged: {str(error)[:200]}", "save it anew") from None
    upright.format = kind
    return upright


def _on_white(image: Image) -> Image:
    from PIL import Image

    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    return Image.alpha_composite(white, coloured).convert("RGB")


def _written(image: Image, kind: str, **how: int) -> Picture:
    image.info.clear()  # text, colour profiles and the like
    out = io.BytesIO()
    image.save(out, kind, optimize=True, **how)
    return Picture(_MEDIA_TYPES[kind], out.getvalue(), image.width, image.height)
