"""Identifiers: opaque strings, one NewType per thing so that they cannot be mixed up.

Our own ids are UUIDv7 in text form: they sort by the time they were made, which the durable
queue leans on (see ``engine/durable.py``).
"""

from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
RecordId = NewType("RecordId", str)
ConnectionId = NewType("ConnectionId", str)
IntegrationId = NewType("IntegrationId", str)
LinkId = NewType("LinkId", str)
OpId = NewType("OpId", str)
IntentId = NewType("IntentId", str)

IssueId = NewType("IssueId", str)
"""Jira's numeric id of an issue or version, as text; it survives moves, the key does not."""
IssueKey = NewType("IssueKey", str)
"""Jira's key of an issue (``ROAD-12``)."""
