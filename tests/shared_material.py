"""Reference material that lies beside a checkout, in ``<repo>/../shared``.

Nothing of it is part of the project: it judges what the project built. A clone without it
passes, and each test that wanted a judge is skipped with a line that names the absent one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_ROOT = Path(__file__).resolve().parents[2] / "shared"


def shared(path: str) -> Path | None:
    """Return the file or directory ``path`` below ``<repo>/../shared``, or None where it is absent."""
    found = SHARED_ROOT / path
    return found if found.exists() else None


def skip_without_shared(path: str) -> pytest.MarkDecorator:
    """Mark a test that needs the judge ``path``: ``@skip_without_shared("adf/documents.jsonl.gz")``."""
    return pytest.mark.skipif(shared(path) is None, reason=f"judge absent: ../shared/{path}")
