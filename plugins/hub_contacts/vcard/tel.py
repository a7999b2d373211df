from __future__ import annotations

from urllib.parse import unquote


def from_uri(text: str) -> str:
    """Return the number that a `tel:` URI (RFC 3966) says, its extension behind it; other text stays."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.strip().lower() != "tel":
        return text
    number, *params = rest.replace("\\", "").split(";")
    extension = context = ""
    for param in params:
        name, _, value = param.partition("=")
        if name.strip().lower() == "ext":
            extension = unquote(value).strip()
        elif name.strip().lower() == "phone-context":
            context = unquote(value).strip()
    number = unquote(number).strip()
    if context.startswith("+") and not number.startswith("+"):
        number = f"{context}-{number}"
    return f"{number} ext. {extension}" if extension else number
