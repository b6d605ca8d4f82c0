"""Jira Cloud: REST v3, rich text as ADF, people by accountId, search with page tokens.

<https://developer.atlassian.com/cloud/jira/platform/rest/v3/>
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tieline.jira.dialect import Found, Question
from tieline.jira.paging import parse_counted
from tieline.jira.parse import MARKER_PROPERTY
from tieline.jira.reading import as_list, as_object, text
from tieline.records.issue import Edition


class Cloud:
    """See :class:`tieline.jira.dialect.Dialect`."""

    edition = Edition.CLOUD
    api = "/rest/api/3"
    tells_markers = True
    bulk_skips_missing = True
    counts_pages = False
    epic_links = False

    def name_user(self, user_id: str | None) -> Any:
        return None if user_id is None else {"accountId": user_id}

    def ask_projects(self, token: str | None) -> Question:
        query = urlencode({"startAt": token or "0", "maxResults": "50", "orderBy": "key", "expand": "lead"})
        return Question(path=f"{self.api}/project/search?{query}")

    def parse_projects(self, payload: Any) -> Found:
        return parse_counted(payload, "values")

    def ask_search(
        self, jql: str, fields: Sequence[str], *, size: int, token: str | None, with_marker: bool
    ) -> Question:
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": size}
        if token is not None:
            body["nextPageToken"] = token
        if with_marker:
            body["properties"] = [MARKER_PROPERTY]
        return Question(method="POST", path=f"{self.api}/search/jql", body=body)

    def parse_search(self, payload: Any) -> Found:
        source = as_object(payload, "A search")
        members = list(as_list(source.get("issues"), "The issues of a search"))
        token = text(source, "nextPageToken") or None
        return Found(members=members, next_token=None if source.get("isLast") is True else token)

    def ask_issues(self, ids: Sequence[str], fields: Sequence[str]) -> Question:
        body = {"issueIdsOrKeys": list(ids), "fields": list(fields)}
        return Question(method="POST", path=f"{self.api}/issue/bulkfetch", body=body)

    def parse_issues(self, payload: Any) -> list[Any]:
        return list(as_list(as_object(payload, "A bulk fetch").get("issues"), "The issues of a bulk fetch"))

    def parse_types(self, payload: Any) -> Found:
        return parse_counted(payload, "issueTypes")

    def parse_fields(self, payload: Any) -> Found:
        return parse_counted(payload, "fields")

    def ask_people(self, query: str, project_key: str) -> Question:
        asked = urlencode({"query": query, "project": project_key, "maxResults": "50"})
        return Question(path=f"{self.api}/user/assignable/search?{asked}")

    def build_webhook(self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]) -> dict[str, Any]:
        return {
            "name": name,
            "url": url,
            "events": list(events),
            "filters": {"issue-related-events-section": jql},
            "excludeBody": False,
            "secret": secret,
        }
