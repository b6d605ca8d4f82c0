from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from tieline.store.lock import Held, Lock, claim_data_folder, who_holds

HOLDER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tieline.store.lock import claim_data_folder
    print(type(claim_data_folder(Path(sys.argv[1]))).__name__, flush=True)
    sys.stdin.read()
    """
)


def start_holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "Lock"
    return process


def test_a_second_server_on_one_folder_is_told_who_has_it(tmp_path: Path):
    lock = claim_data_folder(tmp_path)
    assert isinstance(lock, Lock)
    held = claim_data_folder(tmp_path)
    assert isinstance(held, Held)
    assert held.pid == os.getpid()
    assert abs((held.since - datetime.now(UTC)).total_seconds()) < 60
    assert who_holds(tmp_path).pid == os.getpid()


def test_a_released_folder_can_be_had_again(tmp_path: Path):
    lock = claim_data_folder(tmp_path)
    lock.release()
    lock.release()
    assert who_holds(tmp_path) is None
    again = claim_data_folder(tmp_path)
    assert isinstance(again, Lock)
    again.release()


def test_nobody_holds_a_folder_that_was_never_used(tmp_path: Path):
    assert who_holds(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_killed_server_leaves_the_folder_free(tmp_path: Path):
    holder = start_holder(tmp_path)
    held = claim_data_folder(tmp_path)
    assert (type(held), held.pid) == (Held, holder.pid)
    holder.kill()
    holder.wait()
    lock = claim_data_folder(tmp_path)
    assert isinstance(lock, Lock)
    lock.release()


def test_looking_does_not_keep_a_starting_server_out(tmp_path: Path):
    claim_data_folder(tmp_path).release()
    for _ in range(20):
        assert who_holds(tmp_path) is None
        lock = claim_data_folder(tmp_path)
        assert isinstance(lock, Lock)
        lock.release()
