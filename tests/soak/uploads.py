"""Every hostile file of tests/test_uploads.py, each in a process of its own: refused, within 2
seconds and 200 MB.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

import test_uploads as t  # noqa: E402


def main():
    """Print one line per file; 1 when a limit is broken."""
    worst, bad = t.Figures("", 0, 0), 0
    for what in t.CORPUS:
        told = t.refused(what)
        fine = (
            t.is_plain(told.said)
            and told.seconds <= t.MOST_SECONDS
            and told.memory <= t.MOST_MEMORY
        )
        bad += not fine
        worst = t.Figures("", max(worst.seconds, told.seconds), max(worst.memory, told.memory))
        print(
            f"{'ok ' if fine else 'BAD'} {told.seconds:5.2f} s {told.memory / t.MEGA:6.1f} MB "
            f" {what}: {told.said[:80]}"
        )
    print(
        f"uploads: {len(t.CORPUS)} files, {bad} not refused within {t.MOST_SECONDS} s and"
        f" {t.MOST_MEMORY // t.MEGA} MB; worst {worst.seconds:.2f} s,"
        f" {worst.memory / t.MEGA:.1f} MB"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
