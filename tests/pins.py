"""Write the hashes into the requirements again (`make pins`): name a package with its version above
the line BELOW, run it, commit the result.

What stands above BELOW is ours and is only read: the packages we chose, each with its reason. What
is below it follows from that. Versions that are pinned already stay as they are. Each package has
the hashes of all its files, for every system and every version of Python.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BELOW = "# what those bring with them"
# each file with those whose packages are there already
FILES = {
    "requirements.txt": (),
    "tests/requirements.txt": ("requirements.txt",),
    "tests/mutants.txt": ("requirements.txt", "tests/requirements.txt"),
    "tests/pictures.txt": ("requirements.txt", "tests/requirements.txt"),
    "tests/tools.txt": (),
    "benchmarks/requirements.txt": (),
}
PLAIN = (
    "--generate-hashes",
    "--allow-unsafe",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--strip-extras",
    "--quiet",
)
PIN = re.compile(r"^([A-Za-z0-9._-]+)==[^\s\\]+(?:\s*;[^\\\n]*)?", re.M)


def key(pin):
    """A package's name as every spelling of it reads."""
    return re.sub(r"[-_.]+", "-", pin.split("==")[0].split(";")[0].strip()).lower()


def pins(text):
    """The pins of a requirements text: {name: pin without hashes}."""
    return {key(m[0]): m[0].strip() for m in PIN.finditer(text)}


def compiled(wanted, kept):
    """What pip-compile makes of the packages `wanted`, holding to the pins `kept`: {name: pin with
    its hashes}.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, limits = Path(folder, "in.in"), Path(folder, "kept.txt")
        limits.write_text("\n".join(kept))
        # hashes for every system
        source.write_text("\n".join(pin.split(" ;")[0] for pin in wanted) + f"\n-c {limits}\n")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "piptools",
                "compile",
                *PLAIN,
                "--output-file",
                Path(folder, "out.txt"),
                source,
            ],
            check=True,
        )
        blocks = re.split(
            r"\n(?=[A-Za-z0-9])",
            re.sub(r"^#.*\n", "", Path(folder, "out.txt").read_text(), flags=re.M).strip(),
        )
    return {key(b): b for b in blocks}


def written(text, above=()):
    """A requirements text with the hashes of all its packages; packages of the files `above` are
    left to those.
    """
    ours = re.sub(r" \\\n(?: +--hash.*\n?)+", "\n", text.partition(BELOW)[0])
    others = [pin for other in above for pin in pins(other).values()]
    made = compiled(pins(ours).values(), [*others, *pins(text).values()])
    direct = PIN.sub(lambda m: hashed(m[0], made.pop(key(m[0]))), ours)
    rest = [block for name, block in made.items() if name not in {key(p) for p in others}]
    return direct + "\n".join([BELOW, *rest]) + "\n"


def hashed(pin, block):
    """A pin of ours as it is spelt here, with the hashes of its block."""
    return pin.strip() + " \\\n" + block.partition(" \\\n")[2]


def main():
    """Write the files again, the product's first."""
    for name, above in FILES.items():
        path = ROOT / name
        others = [(ROOT / other).read_text("utf-8") for other in above]
        text = written(path.read_text("utf-8"), others)
        path.write_text(text, "utf-8")
        print(f"{name}: {len(pins(text))} packages, {text.count('--hash=')} hashes")


if __name__ == "__main__":
    main()
