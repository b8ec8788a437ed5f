"""The folder in which a stack keeps everything."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local import data_folder
from deploy.local.data_folder import REPOSITORY, DataFolder, write_json
from deploy.local.errors import Refused
from deploy.local.keys import (
    exchange_master_key,
    forget_eid_hash_keys,
    forget_other_master_key,
    keys_of,
    rotate_eid_hash_key,
)

HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from deploy.local.data_folder import DataFolder
with DataFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""

LOOK_AT_THE_LOCK = """
import sys
from pathlib import Path
from deploy.local.data_folder import DataFolder
while True:
    DataFolder(Path(sys.argv[1])).is_running()
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "a folder with spaces")
    folder.create()
    return folder


@pytest.fixture
def holder(data: DataFolder):
    """Another process that holds the lock of the folder."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(data.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(REPOSITORY)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_start_on_the_same_folder_is_refused_and_told_where_the_first_one_is(
    data: DataFolder, holder: object
) -> None:
    data.write_state({"url": "http://127.0.0.1:8080", "supervisor": {"pid": 4711}})
    with pytest.raises(Refused, match=r"already running.*http://127\.0\.0\.1:8080 \(process 4711\)"), data.lock():
        pass


def test_the_lock_ends_with_its_holder_however_that_ends(data: DataFolder, holder: "subprocess.Popen[str]") -> None:
    assert data.is_running()
    holder.kill()
    holder.wait()
    assert not data.is_running()
    with data.lock():
        assert data.is_running()


def test_looking_whether_a_stack_runs_does_not_turn_a_start_away(data: DataFolder) -> None:
    command = [sys.executable, "-c", LOOK_AT_THE_LOCK, str(data.path)]
    with subprocess.Popen(command, env={"PYTHONPATH": str(REPOSITORY)}) as process:
        try:
            deadline = time.monotonic() + 1.5
            while time.monotonic() < deadline:
                with data.lock():
                    pass
        finally:
            process.kill()


def test_a_folder_of_someone_else_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear aunt")
    with pytest.raises(Refused, match="not empty"):
        DataFolder(tmp_path).create()
    with pytest.raises(Refused, match="holds no data"):
        DataFolder(tmp_path).remove()
    assert (tmp_path / "letters.txt").exists()


def test_removing_takes_everything_but_never_what_a_link_points_to(data: DataFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").touch()
    (data.path / "link").symlink_to(outside)
    data.remove()
    assert not data.path.exists()
    assert (outside / "kept.txt").exists()


def test_a_running_stack_is_not_removed(data: DataFolder, holder: object) -> None:
    with pytest.raises(Refused, match=r"\./immo down"):
        data.remove()
    assert data.exists()


def test_no_room_on_the_disk_is_said_before_anything_starts(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "NEEDED_FREE_BYTES", 2**60)
    with pytest.raises(Refused, match=r"no room on the disk of .* MB are free"):
        data.create()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused_with_the_reason(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Refused, match="Permission denied"):
        DataFolder(tmp_path / "data").create()


def test_a_file_in_place_of_the_folder_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be used as data folder"):
        DataFolder(tmp_path / "file" / "data").create()


def test_a_state_that_could_not_be_written_leaves_the_old_one_whole(data: DataFolder) -> None:
    data.write_state({"phase": "ready"})
    with pytest.raises(TypeError):
        data.write_state({"phase": object()})
    assert data.state() == {"phase": "ready"}


def test_secrets_are_made_once_and_only_their_owner_may_read_them(data: DataFolder) -> None:
    first = keys_of(data)
    assert keys_of(data) == first
    assert stat.S_IMODE(data.secrets.stat().st_mode) == 0o600
    assert len(set(first.service_keys.values())) == len(first.service_keys)


def test_a_secret_that_an_older_version_did_not_know_is_added_and_the_others_stay(data: DataFolder) -> None:
    older = json.loads(json.dumps(keys_of(data).__dict__))
    del older["registry_token"], older["service_keys"]["operator"]
    write_json(data.secrets, older, mode=0o600)
    keys = keys_of(data)
    assert keys.registry_token
    assert keys.service_keys["operator"]
    assert keys.master_key == older["master_key"]
    assert keys.service_keys["wallet"] == older["service_keys"]["wallet"]


def test_a_new_key_of_numbers_keeps_the_earlier_ones_until_they_are_let_go(data: DataFolder) -> None:
    first = keys_of(data)
    second = rotate_eid_hash_key(data)
    third = rotate_eid_hash_key(data)
    assert keys_of(data) == third
    assert third.eid_hash_keys == [second.eid_hash_key, first.eid_hash_key]
    assert stat.S_IMODE(data.secrets.stat().st_mode) == 0o600
    forget_eid_hash_keys(data, {second.eid_hash_key})
    assert keys_of(data).eid_hash_keys == [first.eid_hash_key]
    assert keys_of(data).eid_hash_key == third.eid_hash_key


def test_the_master_key_is_exchanged_one_at_a_time(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    before = keys_of(data)
    after = exchange_master_key(data)
    assert (after.master_key_other, keys_of(data)) == (before.master_key, after)
    with pytest.raises(ValueError, match="not finished"):
        exchange_master_key(data)
    forget_other_master_key(data)
    assert (keys_of(data).master_key, keys_of(data).master_key_other) == (after.master_key, "")
