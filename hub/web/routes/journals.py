"""Where the user's calls are posted, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  FastAPI reads the annotations
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from hub.store.store import Post, PostState  # noqa: TC001  FastAPI reads the annotations
from hub.web.asking import Asked, User  # noqa: TC001  FastAPI reads the annotations
from hub.web.models import Answer, Told

router = APIRouter(tags=["history"])


class JournalAnswer(BaseModel):
    """A journal: how many calls wait, were posted, were refused; `due` is when the next is sent, null if none waits."""

    name: str
    waiting: int
    posted: int
    set_aside: int
    due: datetime | None


class PostAnswer(Answer):
    """A call that is to be posted, or was. `reason` says why it was not accepted when it was last tried."""

    call: Told
    journal: str
    key: str
    state: PostState
    ended: datetime
    due: datetime
    attempts: int
    tried: datetime | None
    reason: Told


class PostAgain(BaseModel):
    """Which of the calls that were set aside are posted once more; empty stands for any."""

    journal: str = Field(default="", max_length=64)
    call: str = Field(default="", max_length=1000)


class PostedAgain(BaseModel):
    """How many they are."""

    posts: int


@router.get("/journals")
async def journals(host: Asked, user: User) -> list[JournalAnswer]:
    """Tell how the user's journals stand, to which calls are posted."""
    answers = []
    for name in host.journals.names(user):
        stands = await host.store.journal(user, name)
        answers.append(
            JournalAnswer(
                name=name,
                waiting=stands.waiting,
                posted=stands.posted,
                set_aside=stands.set_aside,
                due=stands.due,
            )
        )
    return answers


@router.get("/posts", response_model=list[PostAnswer])
async def posts(
    host: Asked,
    user: User,
    journal: Annotated[str, Query(max_length=64, description="only those to this journal")] = "",
    state: Annotated[PostState | None, Query(description="only those that stand so")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at most, of the latest calls")] = 50,
) -> Sequence[Post]:
    """List which of the user's calls were posted, wait to be, or were refused."""
    return await host.store.posts(user, journal=journal, state=state, limit=limit)


@router.post("/posts/again")
async def again(host: Asked, user: User, wanted: PostAgain) -> PostedAgain:
    """Post once more what was set aside, made anew, with the same idempotency key."""
    count = await host.store.post_again(user, wanted.journal, wanted.call)
    host.journals.wake(user)
    return PostedAgain(posts=count)
