"""Which line key of a handset a call is on. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hub.core.boards import AppearanceKind
from hub.core.call import CallState, HoldKind
from hub.sim.exchange.refusal import Code, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.sim.exchange.conversation import Branch, Conversation
    from hub.sim.exchange.office import Appearance, Handset, Office

_LINE, _SHARED, _BLUETOOTH, _INTERCOM = AppearanceKind
_DEFAULT = (_LINE, _SHARED)
"""The kinds of keys that an outbound call takes where none is chosen, the first kind first."""


class Keys:
    """The keys of an office's handsets, the legs on those that are shared, and what is `chosen` at each handset."""

    def __init__(self, office: Office, branches: Mapping[str, Branch]) -> None:
        self._branches = branches
        self._handsets = {handset.id: handset for user in office.users.values() for handset in user.handsets}
        self._shared: defaultdict[str, list[Branch]] = defaultdict(list)
        self.chosen: dict[str, str] = {}

    def key(self, device: str, name: str) -> Appearance | None:
        """Return the key of this name at a handset."""
        handset = self._handsets.get(device)
        return next((key for key in handset.appearances if key.name == name), None) if handset else None

    def is_a(self, branch: Branch, kind: AppearanceKind) -> bool:
        """Tell whether a leg is on a key of this kind."""
        key = self.key(branch.device, branch.appearance)
        return key is not None and key.kind is kind

    def is_shared(self, device: str, name: str) -> bool:
        """Tell whether a handset has a shared key of this name."""
        key = self.key(device, name)
        return key is not None and key.kind is _SHARED

    def on(self, shared: str) -> list[Branch]:
        """Return the legs that are on a shared appearance."""
        return list(self._shared[shared]) if shared in self._shared else []

    def hold_kind(self, branch: Branch) -> HoldKind:
        """Return how a leg is held where nobody says how."""
        return HoldKind.SHARED if self.is_a(branch, _SHARED) else HoldKind.PRIVATE

    # --- picking a key ---

    def for_ring(self, handset: Handset, target: str, talk: Conversation) -> str:
        """Return the key at which a call for `target` rings, empty if the handset has none free for it."""
        key = self.key(handset.id, target)
        if key is not None and key.kind is _SHARED:
            return target if all(branch.talk is talk for branch in self.on(target)) else ""
        return self._first(handset, (_LINE,), self._taken(handset))

    def for_intercom(self, handset: Handset) -> str:
        """Return the key that an intercom call takes, empty if there is none free for it."""
        taken = self._taken(handset)
        return self._first(handset, (_INTERCOM,), taken) or self._first(handset, (_LINE,), taken)

    def is_for_intercom(self, handset: Handset, named: str = "") -> bool:
        """Tell whether the next call of a handset, on the named key or the chosen one, is an intercom call."""
        key = self.key(handset.id, named or self.chosen.get(handset.id, ""))
        return key is not None and key.kind is _INTERCOM

    def for_outbound(self, handset: Handset, named: str = "", *, outside: bool = True) -> Appearance:
        """Return the key that a new outbound call takes: the named one, the chosen one if it is free, the first free.

        Raises `Refused` where the named one, or none, can be had. The handset's busy tone is in nobody's way.
        """
        taken = {leg.appearance for leg in self._at(handset) if leg.state is not CallState.FAILED}
        if named:
            return self._named(handset, named, taken, outside=outside)
        chosen = self.key(handset.id, self.chosen.get(handset.id, ""))
        unfit = {_INTERCOM} if outside else {_INTERCOM, _BLUETOOTH}
        if chosen is not None and self._is_free(chosen, taken) and chosen.kind not in unfit:
            return chosen
        for kind in _DEFAULT:
            if found := self.key(handset.id, self._first(handset, (kind,), taken)):
                return found
        count = sum(key.kind in _DEFAULT for key in handset.appearances)
        raise Refused(Code.WRONG_STATE, f"all {count} appearances of {handset.id} are in use")

    def known(self, handset: Handset, name: str) -> Appearance:
        """Return the key of this name; raises `Refused`, naming those there are."""
        found = self.key(handset.id, name)
        if found is None:
            names = ", ".join(key.name for key in handset.appearances)
            raise Refused(Code.BAD_REQUEST, f"{handset.id} has no appearance {name[:80]!r}; it has: {names}")
        return found

    def _named(self, handset: Handset, name: str, taken: set[str], *, outside: bool) -> Appearance:
        found = self.known(handset, name)
        if found.kind is _BLUETOOTH and not outside:
            raise Refused(Code.WRONG_STATE, f"{name} is a Bluetooth appearance: it reaches numbers outside alone")
        if not self._is_free(found, taken):
            raise Refused(Code.WRONG_STATE, f"the appearance {name} of {handset.id} is in use")
        return found

    def _at(self, handset: Handset) -> Iterable[Branch]:
        return (branch for branch in self._branches.values() if branch.device == handset.id)

    def _taken(self, handset: Handset) -> set[str]:
        return {branch.appearance for branch in self._at(handset)}

    def _first(self, handset: Handset, kinds: tuple[AppearanceKind, ...], taken: set[str]) -> str:
        free = (key.name for key in handset.appearances if key.kind in kinds and self._is_free(key, taken))
        return next(free, "")

    def _is_free(self, key: Appearance, taken: set[str]) -> bool:
        return key.name not in taken and not (key.kind is _SHARED and self.on(key.name))

    # --- told by the switch ---

    def begun(self, branch: Branch) -> None:
        """Take note of a new leg; one that says no key gets the first free line of its handset."""
        handset = self._handsets.get(branch.device)
        if handset is not None and not branch.appearance:
            branch.appearance = self._first(handset, (_LINE,), self._taken(handset))
        if self.is_a(branch, _SHARED):
            self._shared[branch.appearance].append(branch)

    def over(self, branch: Branch) -> None:
        """Take note that a leg is gone."""
        if self.is_a(branch, _SHARED):
            self._shared[branch.appearance].remove(branch)
