"""Who is asking: the bearer token of a request says which user acts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection  # noqa: TC002  FastAPI reads the annotations

from hub.web.host import AccountOf, Host, PhoneOf, PresenceOf
from hub.web.refusals import Refused

if TYPE_CHECKING:
    from hub.web.tokens import Tokens

_bearer = HTTPBearer(auto_error=False, description="the user's token, from `tokens/NAME` in the hub's state folder")


def host_of(connection: HTTPConnection) -> Host:
    """Return the hub behind the app."""
    return cast("Host", connection.app.state.host)


def user_of_token(connection: HTTPConnection, token: str) -> str | None:
    """Return whose token it is, of the users that the hub has now."""
    user = cast("Tokens", connection.app.state.tokens).user(token)
    return user if user in host_of(connection).phones else None


def user_asking(
    connection: HTTPConnection, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """Return the user whose token came with a request; refuses it without, with 401."""
    user = user_of_token(connection, given.credentials) if given else None
    if user is None:
        raise Refused(
            HTTPStatus.UNAUTHORIZED, "unauthorized", "send a user's token, as in: Authorization: Bearer TOKEN"
        )
    return user


User = Annotated[str, Depends(user_asking)]
"""In a route: the name of the user who is asking."""


def _phone(connection: HTTPConnection, user: User) -> PhoneOf:
    return host_of(connection).phones[user]


def _account(connection: HTTPConnection, user: User) -> AccountOf:
    return host_of(connection).accounts[user]


def _presence(connection: HTTPConnection, user: User) -> PresenceOf:
    return host_of(connection).presences[user]


Asked = Annotated[Host, Depends(host_of)]
"""In a route: the hub."""
OwnAccount = Annotated[AccountOf, Depends(_account)]
"""In a route: the account of the user who is asking."""
OwnPhone = Annotated[PhoneOf, Depends(_phone)]
"""In a route: the phone of the user who is asking."""
OwnPresence = Annotated[PresenceOf, Depends(_presence)]
"""In a route: the presence of the user who is asking."""
