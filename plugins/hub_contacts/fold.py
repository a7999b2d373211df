"""Text as it is compared: small letters without accents, one space between words."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return text as it is searched, sorted and compared."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text.casefold())
        text = "".join([letter for letter in letters if not unicodedata.combining(letter)])
    return " ".join(text.lower().split())


def digits(text: str) -> str:
    """Return the figures of a number."""
    return "".join([character for character in text if "0" <= character <= "9"])
