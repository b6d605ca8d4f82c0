"""Jira Data Center and Server: REST v2, rich text as wiki markup, people by user name, search with ``startAt``.

<https://docs.atlassian.com/software/jira/docs/api/REST/latest/>
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tieline.jira.dialect import Found, Question
from tieline.jira.jql import jql_ids
from tieline.jira.paging import parse_counted
from tieline.jira.reading import as_list, as_object
from tieline.records.issue import Edition


class DataCenter:
    """See :class:`tieline.jira.dialect.Dialect`."""

    edition = Edition.DATA_CENTER
    api = "/rest/api/2"
    tells_markers = False
    bulk_skips_missing = False
    counts_pages = True
    epic_links = True

    def name_user(self, user_id: str | None) -> Any:
        return {"name": user_id or ""}

    def ask_projects(self, token: str | None) -> Question:  # noqa: ARG002 - this edition sends all at once
        return Question(path=f"{self.api}/project?expand=lead")

    def parse_projects(self, payload: Any) -> Found:
        return Found(members=list(as_list(payload, "The projects")))

    def ask_search(
        self,
        jql: str,
        fields: Sequence[str],
        *,
        size: int,
        token: str | None,
        with_marker: bool,  # noqa: ARG002 - a search cannot bring properties here
    ) -> Question:
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": size, "startAt": int(token or "0")}
        return Question(method="POST", path=f"{self.api}/search", body=body)

    def parse_search(self, payload: Any) -> Found:
        return parse_counted(payload, "issues")

    def ask_issues(self, ids: Sequence[str], fields: Sequence[str]) -> Question:
        body = {
            "jql": jql_ids(ids),
            "fields": list(fields),
            "maxResults": len(ids),
            "startAt": 0,
            "validateQuery": False,
        }
        return Question(method="POST", path=f"{self.api}/search", body=body)

    def parse_issues(self, payload: Any) -> list[Any]:
        return list(as_list(as_object(payload, "A search").get("issues"), "The issues of a search"))

    def parse_types(self, payload: Any) -> Found:
        return parse_counted(payload, "values")

    def parse_fields(self, payload: Any) -> Found:
        return parse_counted(payload, "values")

    def ask_people(self, query: str, project_key: str) -> Question:
        asked = urlencode({"username": query, "project": project_key, "maxResults": "50"})
        return Question(path=f"{self.api}/user/assignable/search?{asked}")

    def build_webhook(self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]) -> dict[str, Any]:
        return {
            "name": name,
            "url": url,
            "events": list(events),
            "filters": {"issue-related-events-section": jql},
            "excludeBody": False,
            "configuration": {"SECRET": secret},
        }
