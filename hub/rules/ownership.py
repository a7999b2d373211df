"""Who may change a rule: a rule runs commands as its user, so nobody else may write it."""

from __future__ import annotations

import os
import stat


def objection(status: os.stat_result, shown: str) -> tuple[str, str] | None:
    """Return cause and remedy if somebody else can change a file or folder; None if it is ours or root's alone.

    Writable by its group counts too, but for a group that nobody else is in: with those (the habit of Debian, Fedora
    and others, umask 002) every file a person makes is writable by a group that is that person.
    """
    if os.name != "posix":  # pragma: no cover  there the modes say nothing, and folders of a user are the user's alone
        return None
    if status.st_uid not in (0, os.geteuid()):
        return (
            f"it belongs to {_user(status.st_uid)}, who could change it",
            f"make it yours: chown {os.geteuid()} {shown}",
        )
    if status.st_mode & stat.S_IWOTH:
        return "everybody can write it", f"chmod o-w {shown}"
    if status.st_mode & stat.S_IWGRP and not _is_private(status.st_gid, status.st_uid):
        return f"the group {_group(status.st_gid)} can write it", f"chmod g-w {shown}"
    return None


def _is_private(gid: int, uid: int) -> bool:
    """Return whether nobody but the owner is in a group."""
    import grp
    import pwd

    try:
        group, owner = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    others = set(group.gr_mem) - {owner.pw_name}
    return group.gr_name == owner.pw_name and owner.pw_gid == gid and not others


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
