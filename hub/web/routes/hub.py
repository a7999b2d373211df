"""The hub itself: whether it is up, its plugins, the rules in force."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Health, PluginAnswer, ProblemAnswer, RuleAnswer, RulesAnswer
from hub.web.refusals import Refused, described

router = APIRouter(tags=["hub"])


@router.get("/health")
def health(request: Request) -> Health:
    """Tell that the hub is up; the one thing told without a token."""
    return Health(version=request.app.version)


@router.get("/plugins")
def plugins(host: Asked, _user: User) -> list[PluginAnswer]:
    """List every plugin that was found, loaded or not."""
    hidden = {"last_error": "", "traceback": ""} if len(host.phones) > 1 else {}
    return [PluginAnswer(**plugin.told() | hidden) for plugin in host.plugins]


@router.get("/plugins/{name}", responses=described(HTTPStatus.NOT_FOUND))
def plugin(host: Asked, user: User, name: str) -> PluginAnswer:
    """Tell of one plugin."""
    for found in plugins(host, user):
        if found.name == name:
            return found
    raise Refused(HTTPStatus.NOT_FOUND, "unknown_plugin", f"there is no plugin {name}")


@router.get("/rules")
def rules(host: Asked, _user: User) -> RulesAnswer:
    """Tell which rules are in force, and what is wrong with the others."""
    told = tuple(
        RuleAnswer(
            id=rule.id,
            name=rule.name,
            place=rule.place,
            on=tuple(map(str, rule.on)),
            locked=rule.locked,
            enabled=rule.enabled,
            stale=file.stale,
        )
        for file in host.library.files
        for rule in file.rules
    )
    return RulesAnswer(rules=told, problems=tuple(map(ProblemAnswer.model_validate, host.library.problems)))
