"""What a source at an Exchange server needs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub import is_loopback

if TYPE_CHECKING:
    from typing import Self


class EwsSettings(BaseModel):
    """What a source of the kind `ews` needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address of the service, such as https://mail.example/EWS/Exchange.asmx")
    email: str = Field(description="address of the mailbox")
    user: str = Field(default="", description="name to sign in with, such as DOMAIN\\ada; empty: the address")
    password: str = Field(description="reference to the password, such as ${keyring:exchange}")
    ntlm: bool = Field(default=False, description="sign in by NTLM rather than Basic")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        there = urlsplit(self.url)
        if there.username or there.password:
            raise ValueError("url should have no password in it: set user and password")
        if not there.hostname or (there.scheme != "https" and not is_loopback(self.url)):
            raise ValueError("url should be an address such as https://mail.example/EWS/Exchange.asmx")
        if "@" not in self.email:
            raise ValueError("email should be the address of the mailbox")
        return self
