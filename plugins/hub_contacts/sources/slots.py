"""Distributes what a contact has several of over the fixed places that address books like Outlook's have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub_contacts.contact import Address, Labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def distribute(given: Iterable[Labelled], places: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what goes where: into a place of its label, else of its last word, else one for any; the rest nowhere.

    `places` have the label that each is for; those for any have an empty one.
    """
    taken: dict[str, str] = {}
    left: list[Labelled] = []
    for each in given:
        free = [place for place, label in places if place not in taken and label and label == each.label.lower()]
        if free:
            taken[free[0]] = each.text
        else:
            left.append(each)
    for each in left:
        free = [place for place, label in places if place not in taken and _fits(each.label.lower(), label)]
        if free:
            taken[free[0]] = each.text
    return {place: taken[place] for place, _ in places if place in taken}


def collect(found: Mapping[str, str], places: Sequence[tuple[str, str]]) -> tuple[Labelled, ...]:
    """Return what is in the places, with the label of each."""
    return tuple(Labelled(text.strip(), label) for place, label in places if (text := found.get(place, "")).strip())


def addresses_by_place(given: Iterable[Address], places: Sequence[tuple[str, str]]) -> dict[str, Address]:
    """Return the first address of each place's label, and one without label in the last place."""
    taken: dict[str, Address] = {}
    for each in given:
        for place, label in places:
            if place not in taken and each.label.lower() in {label, "" if place == places[-1][0] else label}:
                taken[place] = each
                break
    return taken


def _fits(wanted: str, label: str) -> bool:
    return not label or (bool(wanted) and wanted.rsplit(maxsplit=1)[-1] == label)
