"""`make soak`: every long run of this folder with its full figures, one line per figure; exit code
1 when any of them fails.

A long run is a file `<name>.py` with a `main()` that prints its figures and exits with anything but
0 when one is not as claimed. `python tests/soak kills load` runs only those; `fuzz`, the nightly
run of hours, only runs when it is named.
"""

import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
EVERY = {p.stem for p in HERE.glob("[a-z]*.py")} - {"common", "fuzz"}


def main(wanted):
    """Run the scripts one after another; the number that failed."""
    scripts = [p for p in sorted(HERE.glob("[a-z]*.py")) if p.stem in (wanted or EVERY)]
    failed = []
    for script in scripts:
        start = time.monotonic()
        print(f"\n{script.stem}", flush=True)
        code = subprocess.run(
            [
                sys.executable,
                "-u",
                "-c",
                (
                    f"import sys; sys.path.insert(0, {str(HERE)!r}); import {script.stem}; "
                    f"sys.exit({script.stem}.main())"
                ),
            ],
            cwd=HERE.parent.parent,
        ).returncode
        failed += [script.stem] * (code != 0)
        print(
            f"{script.stem} | {time.monotonic() - start:.0f} s | {'ok' if code == 0 else 'FAILED'}",
            flush=True,
        )
    print(
        f"\n{len(scripts) - len(failed)} of {len(scripts)} long runs ok"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
