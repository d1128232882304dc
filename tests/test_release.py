"""What `make release` refuses, and the tag that it makes: in a small tree with a git of its own."""

import subprocess
import sys

import pytest
import release
from conftest import ROOT

NEWS = """# What is new

## 1.2.0 - 3 December 2026

### New
- A thing.

## 1.1.0 - 25 November 2026

- Old.
"""


def git(tree, *words):
    """A git command in the tree: what it printed."""
    words = ["git", *words]
    done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree that is fit for a release: a dated version, its seeded school, all committed."""
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "t")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "t@t")
    (tmp_path / "CHANGELOG.md").write_text(NEWS)
    (tmp_path / "tests" / "released").mkdir(parents=True)
    (tmp_path / "tests" / "released" / "1.2.0.sql").write_text("-- a school\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def commit(tree):
    """Commit everything."""
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message=All")


def refusal(tree, capsys):
    """The sentence of a release that is refused, after seeing that no tag was made."""
    before = git(tree, "tag", "--list")
    assert release.main(tree) == 1
    assert git(tree, "tag", "--list") == before
    return capsys.readouterr().err


def test_a_release_gets_a_tag_with_its_news(tree, capsys):
    assert release.main(tree) == 0
    assert "git push origin v1.2.0" in capsys.readouterr().out
    assert git(tree, "cat-file", "-t", "v1.2.0") == "tag", "an annotated one"
    assert git(tree, "rev-parse", "v1.2.0^{commit}") == git(tree, "rev-parse", "HEAD")
    words = git(tree, "tag", "--list", "--format=%(contents)", "v1.2.0")
    assert words == "Version 1.2.0 - 3 December 2026\n\n### New\n- A thing."


def test_a_version_has_one_tag(tree, capsys):
    release.main(tree)
    assert "There is a tag v1.2.0 already." in refusal(tree, capsys)


@pytest.mark.parametrize("name", ["CHANGELOG.md", "a new file"])
def test_what_is_not_committed_is_not_tagged(tree, capsys, name):
    (tree / name).write_text(NEWS + "More.\n")
    assert "Not everything here is committed" in refusal(tree, capsys)


@pytest.mark.parametrize("heading", ["## 1.2.0 - unreleased", "## 1.2.0"])
def test_a_version_without_a_date_is_not_tagged(tree, capsys, heading):
    (tree / "CHANGELOG.md").write_text(NEWS.replace("## 1.2.0 - 3 December 2026", heading))
    commit(tree)
    assert "gives 1.2.0 no date. Write the day of the release there" in refusal(tree, capsys)


def test_the_seeded_school_is_written_and_committed_first(tree, capsys, monkeypatch):
    monkeypatch.setattr(release, "write_school", lambda path: path.write_text("-- a school\n"))
    school = tree / "tests" / "released" / "1.2.0.sql"
    school.unlink()
    commit(tree)
    said = refusal(tree, capsys)
    assert "Written: tests/released/1.2.0.sql. Commit it; then make release again." in said
    assert school.exists()
    commit(tree)
    assert release.main(tree) == 0


def test_what_git_refuses_is_told(tree, capsys, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_NAME", "")
    assert "git tag failed: " in refusal(tree, capsys)


def test_the_seeded_school_has_pupils_and_a_trail(tmp_path):
    """In a process of its own, as `make release` makes it."""
    path = tmp_path / "school.sql"
    code = f"import pathlib, release; release.write_school(pathlib.Path({str(path)!r}))"
    folder = str(ROOT / "tests")
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    words = path.read_text("utf-8")
    assert words.startswith(f"-- audit.key: {release.KEY}\n")
    assert words.count('INSERT INTO "pupil"') >= 2
    assert words.count('INSERT INTO "audit_entry"') > 100
    assert "Zebminesealed" in words


def test_licence_and_how_to_report_a_weakness_are_there():
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert licence.startswith("MIT License\n")
    assert "2026 the Learning Pathway portal's authors" in licence
    report = (ROOT / "SECURITY.md").read_text("utf-8")
    assert report.count("\n- **") == 5
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "[LICENSE](LICENSE)" in readme
    assert "[SECURITY.md](SECURITY.md)" in readme
