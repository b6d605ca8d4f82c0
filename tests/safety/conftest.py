"""The workspace of the page tests, with everything in it that a page may show."""

from __future__ import annotations

from tests.web.conftest import quick_passwords, scene

__all__ = ("quick_passwords", "scene")
