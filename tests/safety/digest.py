"""What a database holds, as one value, so that a test can say "nothing changed"."""

from __future__ import annotations

import hashlib

from django.apps import apps
from django.contrib.sessions.models import Session


def digest_of_rows() -> dict[str, str]:
    """Table → digest of its rows. Sessions are left out: a look may use up what is shown once."""
    found: dict[str, str] = {}
    for model in apps.get_models(include_auto_created=True):
        if model is not Session:
            rows = sorted(repr(row) for row in model._default_manager.values_list())
            found[model._meta.db_table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
