"""Database models: people, records, connections, links, and the ledger of work.

Ids are UUIDv7 text made by the store (``ids.new()``), so that rows sort by the time they were made.
Times are aware, UTC. JSON columns hold plain values only, never a secret.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tieline.store.user_models import FailedSignIn, SignInLink, User, Users

__all__ = ("FailedSignIn", "SignInLink", "User", "Users")


class Workspace(models.Model):
    id = models.CharField(primary_key=True, max_length=36)
    key = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=120)
    next_number = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(auto_now_add=True)


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    CONTRIBUTOR = "contributor", "Contributor"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "workspace"], name="one_membership")]


class Record(models.Model):
    """A planning record; see :class:`tieline.records.record.Record` for the meaning of the columns."""

    id = models.CharField(primary_key=True, max_length=36)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="records")
    kind = models.CharField(max_length=16)
    ref = models.CharField(max_length=32)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=40, default="new")
    assignee = models.EmailField(null=True)
    due = models.DateField(null=True)
    tags = models.JSONField(default=list)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    release = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="features")
    position = models.IntegerField(default=0)
    keep_local = models.BooleanField(default=False)
    """A person unlinked it: saving does not link it again by itself."""
    revision = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)
    deleted = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "ref"], name="one_ref")]
        indexes = [models.Index(fields=["workspace", "kind", "position"]), models.Index(fields=["parent"])]


class RecordChange(models.Model):
    """History of a record: who changed which field from what to what. ``source``: ``person``, ``jira``, ``import``."""

    id = models.CharField(primary_key=True, max_length=36)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    source = models.CharField(max_length=16)
    actor = models.CharField(max_length=120, blank=True)
    field = models.CharField(max_length=40)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    note = models.CharField(max_length=255, blank=True)
    revision = models.PositiveIntegerField(default=1)
    """The record's revision that this change made."""

    class Meta:
        indexes = [models.Index(fields=["record", "at"])]


class Connection(models.Model):
    """One Jira: address, edition, credential (sealed), limits. ``origin`` is what the secret is bound to."""

    id = models.CharField(primary_key=True, max_length=36)
    name = models.CharField(max_length=120)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="connections")
    base_url = models.CharField(max_length=500)
    api_base = models.CharField(max_length=500, blank=True)
    edition = models.CharField(max_length=8, blank=True)
    version = models.CharField(max_length=40, blank=True)
    auth = models.CharField(max_length=16, default="basic")
    account = models.CharField(max_length=255, blank=True)
    account_name = models.CharField(max_length=255, blank=True)
    origin = models.CharField(max_length=300, blank=True)
    secret = models.BinaryField(null=True)
    secret_set_at = models.DateTimeField(null=True)
    secret_set_by = models.CharField(max_length=255, blank=True)
    secret_shape = models.CharField(max_length=32, blank=True)
    login_accepted_at = models.DateTimeField(null=True)
    authority_pem = models.TextField(blank=True)
    """Certificates of authorities that this connection trusts besides the system's."""
    client_pem = models.BinaryField(null=True)
    """Client certificate and key, sealed. ``client_shown`` and ``proxy_shown`` are what people may read of the two."""
    client_shown = models.CharField(max_length=300, blank=True)
    proxy = models.BinaryField(null=True)
    proxy_shown = models.CharField(max_length=300, blank=True)
    held_by = models.CharField(max_length=80, blank=True)
    held_since = models.DateTimeField(null=True)
    last_sent = models.DateTimeField(null=True)
    last_heard = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)


class Integration(models.Model):
    """A workspace and a Jira project through a connection and a mapping."""

    id = models.CharField(primary_key=True, max_length=36)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="integrations")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="integrations")
    name = models.CharField(max_length=120)
    project_key = models.CharField(max_length=80, blank=True)
    project_id = models.CharField(max_length=40, blank=True)
    project_name = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField(default=dict)
    schema = models.JSONField(default=dict)
    schema_read_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, default="draft")
    webhook_mode = models.CharField(max_length=8, default="poll")
    webhook_id = models.CharField(max_length=40, blank=True)
    webhook_token = models.CharField(max_length=64, unique=True)
    webhook_secret = models.BinaryField(null=True)
    webhook_secret_before = models.BinaryField(null=True)
    webhook_secret_changed = models.DateTimeField(null=True)
    auto_send = models.BooleanField(default=True)
    """Saving a record of a mapped kind links and sends it."""
    poll_cursor = models.DateTimeField(null=True)
    last_sent = models.DateTimeField(null=True)
    last_heard = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)


class Link(models.Model):
    """The pair record–issue (or release–version). ``state``: ``waiting``, ``in-step``, ``problem``, ``gone``.

    ``baseline``: our field → ``[ours, theirs]``. One writer at a time: the op that runs in its lane.
    """

    id = models.CharField(primary_key=True, max_length=36)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="links")
    record = models.OneToOneField(Record, on_delete=models.CASCADE, related_name="link")
    remote_kind = models.CharField(max_length=8)
    remote_id = models.CharField(max_length=40, null=True)
    remote_key = models.CharField(max_length=255, blank=True)
    remote_status = models.CharField(max_length=80, blank=True)
    remote_status_category = models.CharField(max_length=16, blank=True)
    remote_updated = models.CharField(max_length=40, blank=True)
    baseline = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="waiting")
    last_sent = models.DateTimeField(null=True)
    last_heard = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "remote_kind", "remote_id"], name="one_link_per_issue")
        ]
        indexes = [models.Index(fields=["integration", "state"])]


class Intent(models.Model):
    """A create that was announced before it was sent. ``state``: ``open``, ``settled``, ``dropped``."""

    id = models.CharField(primary_key=True, max_length=36)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="intents")
    marker = models.CharField(max_length=36, unique=True)
    fields = models.JSONField(default=dict)
    announced_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, default="open")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link"], condition=Q(state="open"), name="one_open_intent_per_link")
        ]


class Clash(models.Model):
    """Both sides changed one field. Open while ``winner`` is empty; both values are kept for ever.

    ``winner``: ``ours``, ``theirs``, or ``agreed`` when both sides came to the same value by themselves. A person's
    choice is ``carried`` out by the next sync of the link; a row that is carried is over.
    """

    id = models.CharField(primary_key=True, max_length=36)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clashes")
    field = models.CharField(max_length=40)
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    agreed = models.JSONField(null=True)
    winner = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=255, blank=True)
    carried = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "field"], condition=Q(winner=""), name="one_open_clash_per_field")
        ]


class Problem(models.Model):
    """A finding as people meet it. One cause is one row; ``scope`` says what waits.

    ``fingerprint`` = slug + scope + scope id (+ field), unique while open. ``finding`` and ``evidence`` are the JSON of
    the finding and of the redacted exchanges behind it.
    """

    id = models.CharField(primary_key=True, max_length=36)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="problems")
    connection = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE, related_name="problems")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.CASCADE, related_name="problems")
    slug = models.CharField(max_length=80)
    scope = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=200)
    finding = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    fixed_at = models.DateTimeField(null=True)
    fixed_by = models.CharField(max_length=255, blank=True)
    links = models.ManyToManyField(Link, related_name="problems")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "fingerprint"], condition=Q(fixed_at=None), name="one_open_problem"
            )
        ]


class CheckRun(models.Model):
    """One walk up the ladder; ``results`` grows step by step while it runs.

    ``state``: ``running``, ``done``, ``broken-off``.
    """

    id = models.CharField(primary_key=True, max_length=36)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="checks")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.CASCADE, related_name="checks")
    project_key = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, default="running")
    results = models.JSONField(default=list)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    ok = models.BooleanField(null=True)


class LogEntry(models.Model):
    """One line of the log. ``steps``: sentences; ``exchanges``: redacted, bodies cut."""

    id = models.CharField(primary_key=True, max_length=36)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="log")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.CASCADE, related_name="log")
    record = models.ForeignKey(Record, null=True, on_delete=models.SET_NULL, related_name="log")
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    direction = models.CharField(max_length=4)
    sentence = models.TextField()
    steps = models.JSONField(default=list)
    exchanges = models.JSONField(default=list)
    elapsed_ms = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"]),
            models.Index(fields=["integration", "-id"]),
            models.Index(fields=["at"]),
        ]


class Delivery(models.Model):
    """A webhook as it arrived: verified, stored, then answered 204. ``identifier`` dedupes per integration."""

    id = models.CharField(primary_key=True, max_length=36)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="deliveries")
    identifier = models.CharField(max_length=120)
    event = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    payload = models.JSONField(default=dict)
    received = models.DateTimeField()
    outcome = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "identifier"], name="one_delivery")]
        indexes = [
            models.Index(fields=["integration", "id"], condition=Q(outcome=""), name="delivery_unheard"),
            models.Index(fields=["received"]),
        ]


class ImportRun(models.Model):
    """An import with its progress. ``cursor`` lets it go on within one page after a crash."""

    id = models.CharField(primary_key=True, max_length=36)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="imports")
    state = models.CharField(max_length=8, default="waiting")
    cursor = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    why = models.TextField(blank=True)


class Op(models.Model):
    """The ledger: what is to be done for which subject, why, how often tried, how it ended. Ids only.

    ``state``: ``waiting``, ``running``, ``done``, ``parked``.
    """

    id = models.CharField(primary_key=True, max_length=36)
    kind = models.CharField(max_length=12)
    lane = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="ops")
    integration = models.ForeignKey(Integration, null=True, on_delete=models.CASCADE, related_name="ops")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, default="waiting")
    attempts = models.PositiveIntegerField(default=0)
    handed = models.PositiveIntegerField(default=0)
    deaths = models.PositiveIntegerField(default=0)
    """How often a worker died over it since it last ended by itself."""
    worker = models.CharField(max_length=60, blank=True)
    due = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    why = models.TextField(blank=True)
    finding = models.JSONField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "lane"], condition=Q(state="waiting"), name="one_waiting_op"),
            models.UniqueConstraint(fields=["lane"], condition=Q(state="running"), name="one_running_op_per_lane"),
        ]
        indexes = [
            models.Index(fields=["state", "due"]),
            models.Index(fields=["connection", "state"]),
            models.Index(fields=["lane", "state"]),
        ]


class WorkerBeat(models.Model):
    worker = models.CharField(max_length=60, primary_key=True)
    host = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    started = models.DateTimeField()


class GateRow(models.Model):
    """Token bucket of one connection and scope; ``blocked_until`` is Jira's own word."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    scope = models.CharField(max_length=60)
    tokens = models.FloatField()
    filled_at = models.FloatField()
    blocked_until = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "scope"], name="one_gate")]


class AuditEntry(models.Model):
    """Who changed what here, secrets and rights included (never the secret itself). Only ever added to."""

    id = models.CharField(primary_key=True, max_length=36)
    at = models.DateTimeField()
    actor = models.CharField(max_length=255)
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.SET_NULL)
    what = models.CharField(max_length=80)
    subject = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)
