"""The rows of the site: kept in memory, written through to the state file, shown to the search with its lag."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count

from .journal import Journal
from .model import Attachment, Change, Comment, Component, Effect, Issue, Json, Version, WebhookRow

FIRST_IDS = {
    "issue": 10100,
    "version": 10200,
    "component": 10300,
    "comment": 10400,
    "attachment": 10500,
    "webhook": 1,
    "change": 20000,
}
_RANK_GAP = 1000


class Rows:
    """Plain storage without rights, history or events. Every call happens under the world's lock."""

    def __init__(self, *, now: Callable[[], int], lag_ms: int, journal: Journal | None) -> None:
        self._now = now
        self._lag_ms = lag_ms
        self._journal = journal
        self.issues: dict[int, Issue] = {}
        self.versions: dict[int, Version] = {}
        self.components: dict[int, Component] = {}
        self.comments: dict[int, Comment] = {}
        self.attachments: dict[int, Attachment] = {}
        self.webhooks: dict[int, WebhookRow] = {}
        self.changes: dict[int, list[Change]] = {}
        self.children: dict[int, dict[int, None]] = {}
        self.comments_of: dict[int, dict[int, None]] = {}
        self.attachments_of: dict[int, dict[int, None]] = {}
        self.history: list[Effect] = []
        self.keys: dict[str, int] = {}
        self.index: dict[int, Issue] = {}
        self.index_version = 0
        self._pending: deque[tuple[int, int, Issue | None]] = deque()
        self._ids = {name: count(first) for name, first in FIRST_IDS.items()}
        self._numbers: Counter[str] = Counter()
        self._rank = 0

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One commit of the state file for all that happens inside."""
        journal = self._journal
        if journal:
            journal.begin()
        try:
            yield
        finally:
            if journal:
                journal.commit()

    # ---- numbers

    def next_id(self, kind: str) -> int:
        return next(self._ids[kind])

    def next_key(self, project: str) -> str:
        self._numbers[project] += 1
        return f"{project}-{self._numbers[project]}"

    def next_rank(self) -> str:
        self._rank += 1
        return f"0|{self._rank * _RANK_GAP:021.8f}:"

    # ---- issues and the search index

    def put_issue(self, issue: Issue, *, at_once: bool = False) -> None:
        before = self.issues.get(issue.id)
        if before is not None and before.parent is not None and before.parent != issue.parent:
            self.children.get(before.parent, {}).pop(issue.id, None)
        self.issues[issue.id] = issue
        self.keys[issue.key] = issue.id
        self._numbers[issue.project] = max(self._numbers[issue.project], issue.number)
        if issue.parent is not None:
            self.children.setdefault(issue.parent, {})[issue.id] = None
        self._schedule(issue.id, issue, lag_ms=0 if at_once else self._lag_ms)
        self._save("issue", issue.id, issue)
        if before is None:
            self._save("meta", "last-issue", issue.id)
            self._save("meta", f"number-{issue.project}", self._numbers[issue.project])

    def drop_issue(self, issue: Issue) -> None:
        """Remove an issue with its comments, files and changes."""
        for comment in list(self.comments_of.get(issue.id, ())):
            self.drop_comment(comment)
        for attachment in list(self.attachments_of.get(issue.id, ())):
            self.drop_attachment(attachment)
        for change in self.changes.pop(issue.id, []):
            self._erase("change", change.id)
        if issue.parent is not None:
            self.children.get(issue.parent, {}).pop(issue.id, None)
        self.issues.pop(issue.id, None)
        self.keys.pop(issue.key, None)
        self._schedule(issue.id, None, lag_ms=self._lag_ms)
        self._erase("issue", issue.id)

    def _schedule(self, id: int, issue: Issue | None, *, lag_ms: int) -> None:
        self._pending.append((self._now() + lag_ms, id, issue))

    def settle_index(self) -> dict[int, Issue]:
        """Let the index see what is old enough; the answer is the index."""
        at = self._now()
        while self._pending and self._pending[0][0] <= at:
            _, id, issue = self._pending.popleft()
            self.index_version += 1
            if issue is None:
                self.index.pop(id, None)
            else:
                self.index[id] = issue
        return self.index

    # ---- the other rows

    def put_comment(self, comment: Comment) -> None:
        self.comments[comment.id] = comment
        self.comments_of.setdefault(comment.issue, {})[comment.id] = None
        self._save("comment", comment.id, comment)

    def drop_comment(self, id: int) -> None:
        comment = self.comments.pop(id)
        self.comments_of[comment.issue].pop(id, None)
        self._erase("comment", id)

    def put_attachment(self, attachment: Attachment) -> None:
        self.attachments[attachment.id] = attachment
        self.attachments_of.setdefault(attachment.issue, {})[attachment.id] = None
        self._save("attachment", attachment.id, attachment)

    def drop_attachment(self, id: int) -> None:
        attachment = self.attachments.pop(id)
        self.attachments_of[attachment.issue].pop(id, None)
        self._erase("attachment", id)

    def put_version(self, version: Version) -> None:
        self.versions[version.id] = version
        self._save("version", version.id, version)

    def drop_version(self, id: int) -> None:
        del self.versions[id]
        self._erase("version", id)

    def put_component(self, component: Component) -> None:
        self.components[component.id] = component
        self._save("component", component.id, component)

    def put_webhook(self, webhook: WebhookRow) -> None:
        self.webhooks[webhook.id] = webhook
        self._save("webhook", webhook.id, webhook)

    def drop_webhook(self, id: int) -> None:
        self.webhooks.pop(id, None)
        self._erase("webhook", id)

    def add_change(self, change: Change) -> None:
        self.changes.setdefault(change.issue, []).append(change)
        self._save("change", change.id, change)

    def add_effect(self, *, actor: str, kind: str, subject: str, detail: Json) -> None:
        effect = Effect(
            number=len(self.history) + 1, at=self._now(), actor=actor, kind=kind, subject=subject, detail=detail
        )
        self.history.append(effect)
        self._save("effect", effect.number, effect)

    # ---- the state file

    def restore(self) -> bool:
        """Read the state file back; False where it holds nothing yet."""
        journal = self._journal
        if journal is None or journal.read_value("meta", "filled") is None:
            return False
        self._journal = None  # what is read is not to be written again
        try:
            self._read_back(journal)
        finally:
            self._journal = journal
        return True

    def _read_back(self, journal: Journal) -> None:
        for component in journal.read_rows("component", Component):
            self.put_component(component)
        for version in journal.read_rows("version", Version):
            self.put_version(version)
        for issue in sorted(journal.read_rows("issue", Issue), key=lambda one: one.id):
            self.put_issue(issue, at_once=True)
        for comment in sorted(journal.read_rows("comment", Comment), key=lambda one: one.id):
            self.put_comment(comment)
        for attachment in sorted(journal.read_rows("attachment", Attachment), key=lambda one: one.id):
            self.put_attachment(attachment)
        for change in sorted(journal.read_rows("change", Change), key=lambda one: one.id):
            self.add_change(change)
        for webhook in journal.read_rows("webhook", WebhookRow):
            self.put_webhook(webhook)
        self.history.extend(sorted(journal.read_rows("effect", Effect), key=lambda one: one.number))
        self._rank = max((int(float(one.rank[2:-1])) // _RANK_GAP + 1 for one in self.issues.values()), default=0)
        used: dict[str, Iterable[int]] = {
            "issue": self.issues,
            "version": self.versions,
            "component": self.components,
            "comment": self.comments,
            "attachment": self.attachments,
            "webhook": self.webhooks,
            "change": [one.id for many in self.changes.values() for one in many],
        }
        for name, ids in used.items():
            last = journal.read_value("meta", f"last-{name}") or 0
            self._ids[name] = count(max([FIRST_IDS[name] - 1, last, *ids]) + 1)
        for project in {one.project for one in self.issues.values()}:
            last = journal.read_value("meta", f"number-{project}") or 0
            self._numbers[project] = max(self._numbers[project], last)

    def mark_filled(self) -> None:
        self._save("meta", "filled", True)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _save(self, kind: str, id: object, row: object) -> None:
        if self._journal is not None:
            self._journal.save_row(kind, id, row)

    def _erase(self, kind: str, id: object) -> None:
        if self._journal is not None:
            self._journal.delete_row(kind, id)
