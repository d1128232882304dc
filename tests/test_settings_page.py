"""What the Settings page refuses at once, in a sentence at the box."""

from decimal import Decimal

import pytest

import models as m


def test_a_folder_for_backups_that_cannot_be_used_is_refused_at_its_box(school, browser, tmp_path):
    address = f"/setting/{m.Setting.get().id}/edit/"
    person = browser("technician")
    stick = tmp_path / "stick"
    stick.mkdir()
    for line, words in (
        ("relative/folder", "write the whole path of the folder"),
        (f"{tmp_path}/gone", "the folder is not there"),
    ):
        said = person.submit(person.page(address), 422, backup_places=f"{stick}\n{line}")
        assert f"{line}: {words}" in str(said.problems)
    person.submit(person.page(address), backup_places=str(stick))
    stick.rmdir()
    # the disk is out: other settings can be saved
    person.submit(person.page(address), school_phone="01632 960000")
    kept = m.Setting.get()
    assert (kept.school_phone, kept.backup_places) == ("01632 960000", str(stick))


def test_a_folder_that_takes_no_files_is_refused(monkeypatch, tmp_path):
    from ops import backup

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backup.tempfile, "TemporaryFile", refuse)
    assert (
        backup.destination_fault(tmp_path)
        == "nothing can be written (Permission denied). Let the portal's own user write there."
    )


@pytest.mark.parametrize(
    "hours, good", [("0", False), ("0.5", False), ("1", True), ("168", True), ("169", False)]
)
def test_there_is_an_hour_at_least_between_two_backups(hours, good):
    found = dict(m.Setting(backup_hours=Decimal(hours)).errors())
    assert ("backup_hours" not in found) == good
