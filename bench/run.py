"""Run the benchmarks, each beside its peer, and write bench/RESULTS.md and bench/results.svg.

Those that are not run keep the figures they had: bench/results.json holds all of them.

Each script prints one JSON object a line: `id`, `what`, `ours`, `peer`, `unit`, `peer_name`, `ratio`, `goal`, `met`.
Figures depend on the machine; the ratio of two sides measured in one run is what counts. Above 1 ours is the better.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KEPT = HERE / "results.json"
LIMIT = 600  # seconds a script may take


def measure(script: Path) -> list[dict[str, Any]]:
    print(f"{script.name} ...", flush=True)
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=LIMIT, check=False)
    rows = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    if ran.returncode or not rows:
        tail = (ran.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        rows.append({"id": script.stem.split("_")[0].upper(), "what": f"{script.name} failed: {tail}", "met": False})
    for row in rows:
        print("  ", json.dumps(row, ensure_ascii=False))
    return rows


def figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str("" if value is None else value)


def table(rows: list[dict[str, Any]]) -> str:
    columns = ("id", "what", "ours", "peer", "unit", "peer_name", "ratio", "goal", "met", "on")
    lines = [
        "| # | work | ours | peer | unit | the peer | ratio | goal | met | measured |",
        "|" + "---|" * len(columns),
    ]
    for row in rows:
        cells = {**row, "met": {True: "yes", False: "**no**"}.get(row.get("met"), "-")}
        lines.append("| " + " | ".join(figure(cells.get(name)).replace("|", "/") for name in columns) + " |")
    return "\n".join(lines)


def plot(rows: list[dict[str, Any]]) -> str:
    """Draw each ratio as a bar from 1 (as the peer), on a scale of factors, as SVG."""
    import math

    drawn = [row for row in rows if isinstance(row.get("ratio"), (int, float)) and row["ratio"] > 0]
    middle, per_ten, step = 470, 110, 26
    height = step * len(drawn) + 50
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{height}" font-family="sans-serif"',
        ' font-size="12">',
        f'<rect width="860" height="{height}" fill="white"/>',
        f'<line x1="{middle}" x2="{middle}" y1="24" y2="{height - 10}" stroke="#888"/>',
        f'<text x="{middle}" y="16" text-anchor="middle" fill="#444">as the peer</text>',
    ]
    for place, row in enumerate(drawn):
        y = 32 + place * step
        length = max(-180, min(300, math.log10(row["ratio"]) * per_ten))
        x, width = (middle, length) if length >= 0 else (middle + length, -length)
        colour = {True: "#1c7a43", False: "#b3261e"}.get(row.get("met"), "#66727f")
        label = f"{row['id']} {row['what']}".replace("&", "&amp;").replace("<", "&lt;")
        out += [
            f'<text x="8" y="{y + 13}">{label[:44]}</text>',
            f'<rect x="{x:.1f}" y="{y}" width="{max(width, 1):.1f}" height="17" fill="{colour}"/>',
            f'<text x="{middle + max(length, 0) + 6:.1f}" y="{y + 13}">{row["ratio"]:.3g}x</text>',
        ]
    return "\n".join([*out, "</svg>", ""])


def main() -> int:
    wanted = {name.upper() for name in sys.argv[1:]}
    scripts = sorted(HERE.glob("p[0-9]*_*.py"), key=lambda path: int(path.stem.split("_")[0][1:]))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    rows = json.loads(KEPT.read_text(encoding="utf-8"))
    for script in scripts:
        name = script.stem.split("_")[0].upper()
        if not wanted or name in wanted:
            measured = [{**row, "script": script.name, "on": today} for row in measure(script)]
            rows = [row for row in rows if row["script"] != script.name] + measured
    rows.sort(key=lambda row: int(row["id"][1:]))
    KEPT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    told = f"""# Measured

Written by `make bench` on {machine}.
Both sides of a row ran in the same run, and were first checked to give the same answers.

![ratios](results.svg)

{table(rows)}
"""
    (HERE / "RESULTS.md").write_text(told, encoding="utf-8")
    (HERE / "results.svg").write_text(plot(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
