"""Pages that are counted from the start of a list, while the list changes under the reader.

An issue that is edited between two pages leaves its place for the end, and all that follow move up by one: the first of
the next page would be met by nobody. So each page begins a little before the end of the one before, and what was told
there in the same state is not told again.
"""

from __future__ import annotations

from dataclasses import replace

from tieline.records.issue import Issue
from tieline.sync.remote import IssuePage

OVERLAP = 10


def begin_earlier(page: IssuePage, token: str | None) -> IssuePage:
    """The page with a next one that overlaps it, by half a page at most."""
    if page.next_token is None or not page.next_token.isdigit():
        return page
    begun, after = int(token or "0"), int(page.next_token)
    return replace(page, next_token=str(max(begun + 1, after - min(OVERLAP, (after - begun) // 2))))


def told_before(page: IssuePage, last: tuple[Issue, ...]) -> IssuePage:
    """The page without what stands on the end of the last one in the same state."""
    known = {(issue.id, issue.updated) for issue in last}
    return replace(page, issues=tuple(one for one in page.issues if (one.id, one.updated) not in known))
