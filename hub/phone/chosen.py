from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hub.checking import suggest
from hub.errors import Problem, UserError
from hub.plugin_host.guarded import guarded
from hub.secrets import resolve_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.clock import Clock
    from hub.config import Config
    from hub.core.dial_plan import DialPlan
    from hub.phone.adapter import Adapter, AdapterKind
    from hub.secrets import Redactor

log = logging.getLogger(__name__)


def chosen_adapter(
    config: Config,
    user: str,
    kinds: Mapping[str, AdapterKind],
    plan: DialPlan,
    clock: Clock,
    redactor: Redactor,
) -> Adapter | None:
    """Make the adapter that a user's `[users.NAME.phone]` asks for, None without such a table; see `adapter_for`."""
    return adapter_for(config, user, kinds, plan, clock, redactor) if config.users[user].phone else None


def adapter_for(
    config: Config,
    user: str,
    kinds: Mapping[str, AdapterKind],
    plan: DialPlan,
    clock: Clock,
    redactor: Redactor,
    instead: Mapping[str, Any] = MappingProxyType({}),
    *,
    within: float = 10.0,
) -> Adapter:
    """Make the adapter that a user's `[users.NAME.phone]` asks for.

    Settings that are given `instead` of those in the table are taken as they are, without references. Looks secrets up,
    which may block, and lets a plugin make it `within` so many seconds; raises `UserError` with all that is wrong.
    """
    table = config.users[user].phone
    if table is None:
        raise UserError.of("has no phone", place=config.place("users", user))
    kind = kinds.get(table.adapter)
    if kind is None:
        place = config.place("users", user, "phone", "adapter")
        cause = f'there is no phone adapter "{table.adapter}": no plugin that is loaded registers it'
        raise UserError(Problem(place, cause, suggest(table.adapter, kinds)))
    if unknown := [name for name in instead if name not in kind.config.model_fields]:
        raise UserError.of(f'the phone adapter "{kind.name}" has no setting {", ".join(unknown)}')
    written = {name: value for name, value in table.settings.items() if name not in instead}
    settings = resolve_all(
        written, redactor=redactor, folder=config.path.parent, place=config.place("users", user, "phone")
    )
    try:
        checked = kind.config.model_validate(settings | dict(instead))
    except ValidationError as error:
        raise UserError(*config.problems(error, kind.config, "users", user, "phone")) from None
    try:
        return guarded(lambda: kind.make(checked, plan, clock), f"making the phone adapter {kind.name}", within)
    except Exception as error:
        log.exception("the phone adapter %s of user %s cannot be made", kind.name, user)
        cause = f'the phone adapter "{kind.name}" cannot be made: {redactor(str(error) or type(error).__name__)}'
        raise UserError(Problem(config.place("users", user, "phone"), cause)) from None
