"""Print one line a feature of docs/features.md: its ID and how many tests carry it."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


class Count:
    """Counts the feature marks of the collected tests, once for each test function."""

    def __init__(self) -> None:
        self.tests: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        shown = {
            (name, item.nodeid.partition("[")[0])
            for item in session.items
            for mark in item.iter_markers("feature")
            for name in mark.args
        }
        self.tests.update(name for name, _ in shown)


def main() -> int:
    names = re.findall(r"^\| ([A-Z]+-\d+) \|", (ROOT / "docs" / "features.md").read_text(), re.MULTILINE)
    count, said = Count(), io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-q", str(ROOT / "tests")], plugins=[count])
    if status:
        sys.stderr.write(said.getvalue())
        return int(status)
    for name in names:
        print(name, count.tests[name])
    unknown = sorted(set(count.tests) - set(names))
    if unknown:
        print(f"not in docs/features.md: {', '.join(unknown)}", file=sys.stderr)
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
