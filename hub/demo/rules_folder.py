from __future__ import annotations

import shutil
from pathlib import Path

import platformdirs

_HUB = Path(__file__).parents[1]


def rules_folder(wanted: Path | None = None) -> Path:
    """Return the folder whose rule files the demo follows, for a person to edit.

    That is the one wanted; in a source tree, its `rules`; else a copy, in the user's own data folder, of the files that
    come with the package. Files that are there already stay as they are.
    """
    in_tree = _HUB.parent / "rules"
    shipped = _HUB / "_samples" / "rules"
    if wanted is None and not shipped.is_dir():
        return in_tree
    folder = wanted or Path(platformdirs.user_data_dir("phonehub")) / "demo-rules"
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob("*.y*ml")):
        for file in sorted((shipped if shipped.is_dir() else in_tree).glob("*.yaml")):
            shutil.copyfile(file, folder / file.name)
    return folder
