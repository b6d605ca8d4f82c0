"""Tieline's settings for tests: a data folder of its own in a temporary place, gone when the run ends.

``TIELINE_TEST_DATABASE=postgresql`` runs the same tests on PostgreSQL (see ``tests/conftest.py``); default ``sqlite``.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for _name in [name for name in os.environ if name.startswith("TIELINE_") and not name.startswith("TIELINE_TEST_")]:
    del os.environ[_name]
_folder = Path(tempfile.mkdtemp(prefix="tieline-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["TIELINE_DATA"] = str(_folder)

from tieline.store.secrets import ensure_keys  # noqa: E402 - the settings read what was just set

ensure_keys(_folder)

from tieline.settings import *  # noqa: E402, F403

DATABASES = {"default": DATABASES["default"] | {"TEST": {"NAME": str(_folder / "test.sqlite3")}}}  # noqa: F405
