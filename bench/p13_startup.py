"""P13: `phonehub --help`, the whole process, beside a toy Click program and beside datasette.

The three are started in turn, many times over, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 25
WARM_UP = 3

TOY = """\
import click


@click.group()
@click.version_option("1.0")
def cli():
    \"\"\"A toy.\"\"\"


@cli.command()
@click.argument("name")
def greet(name):
    \"\"\"Greet somebody.\"\"\"
    click.echo(name)


if __name__ == "__main__":
    cli()
"""


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def beside_us(program: str) -> str:
    found = shutil.which(program, path=str(Path(sys.executable).parent))
    assert found, f"{program} is not installed beside {sys.executable}"
    return found


def check(phonehub: str, datasette: str) -> None:
    """Each must say what it is there for, or its figure means nothing."""
    for command, words in (
        ([phonehub, "--help"], ("Usage: phonehub", "dial", "doctor", "rules")),
        ([datasette, "--help"], ("Usage: datasette", "serve", "plugins")),
    ):
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert all(word in said for word in words), f"{command} said: {said[:200]}"


def main() -> None:
    phonehub, datasette = beside_us("phonehub"), beside_us("datasette")
    check(phonehub, datasette)
    with tempfile.TemporaryDirectory() as folder:
        toy = Path(folder) / "toy.py"
        toy.write_text(TOY)
        commands = {
            "ours": [phonehub, "--help"],
            "toy": [sys.executable, str(toy), "--help"],
            "datasette": [datasette, "--help"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for nth in range(WARM_UP + ROUNDS):
            for name, command in commands.items():
                lasted = seconds(command)
                if nth >= WARM_UP:
                    taken[name].append(lasted)
    median = {name: statistics.median(each) * 1000 for name, each in taken.items()}
    for peer, name, most in (("toy", "a toy Click program", 1.5), ("datasette", "datasette --help", 1 / 6)):
        share = median["ours"] / median[peer]
        row = {
            "id": "P13",
            "what": "phonehub --help, whole process",
            "ours": round(median["ours"], 1),
            "peer": round(median[peer], 1),
            "unit": "ms",
            "peer_name": name,
            "ratio": round(1 / share, 3),
            "goal": f"at most {most:.2f} of the peer's time",
            "met": share <= most,
        }
        print(json.dumps(row))


if __name__ == "__main__":
    main()
