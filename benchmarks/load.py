"""Two trees of the program under the load of people, side by side in one run: the real server of
each, on SQLite, with a demonstration school of its own; the people of `tests/soak/load.py` work at
one tree and then at the other, a turn each.

`python benchmarks/load.py TREE_A TREE_B` lets 30 people work for three turns of 20 seconds in each;
`--people`, `--seconds` and `--turns` change that. Both trees run with the Python of this process.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

import load as soak  # noqa: E402
from common import Portal, environment  # noqa: E402
from hostile import memory  # noqa: E402

BUILD = """
import json, sys
tree, folder, count = sys.argv[1:]
sys.path[:0] = [tree, f"{tree}/tests/soak"]
import load
database = load.build(folder)
print(json.dumps(load.cast(folder, database, int(count))))
"""


@dataclass
class Tree:
    """One tree: its server, its people, and what they saw."""

    path: str
    portal: Portal
    seats: list
    times: list = field(default_factory=list)  # seconds of each answer
    errors: int = 0

    def take_turn(self, seconds):
        for person in soak.at_work(self.portal.port, self.seats, seconds):
            self.errors += bool(person["broke"])
            for _, took, status in person["times"]:
                self.times.append(took)
                self.errors += status not in (200, 302)


def started(path, folder, people):
    """A tree whose server runs on a school of its own."""
    path = str(pathlib.Path(path).resolve())
    built = subprocess.run(
        [sys.executable, "-c", BUILD, path, folder, str(people)],
        cwd=path,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seats = json.loads(built.stdout.splitlines()[-1])
    return Tree(path, Portal(folder, tree=path), seats)


def row(name, tree, seconds):
    """The line of one tree in the table."""
    times = sorted(tree.times)
    half = 1000 * statistics.median(times)
    most = 1000 * times[int(len(times) * 0.95)]
    highest = memory(tree.portal.process.pid, "VmHWM")
    figures = (f"{len(times) / seconds:.1f}", f"{half:.0f}", f"{most:.0f}", str(tree.errors))
    return f"| {name} | {' | '.join(figures)} | {highest:.0f} |"


def main():
    """Let people work at both trees and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("trees", nargs=2)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=20, help="of one turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as opened:
        trees = []
        for path in options.trees:
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="load-"))
            trees.append(started(path, folder, options.people))
            opened.callback(trees[-1].portal.stop)
        for _ in range(options.turns):
            for tree in trees:
                tree.take_turn(options.seconds)
        print("| tree | answers a second | p50 (ms) | p95 (ms) | errors | peak memory (MB) |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name, tree in zip("AB", trees, strict=True):
            print(row(name, tree, options.turns * options.seconds))


if __name__ == "__main__":
    main()
