"""Every Jira route the sandbox serves: verb, path, editions, and whether an anonymous caller is let in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from werkzeug.routing import Map, Rule

from . import (
    rest_agile,
    rest_content,
    rest_identity,
    rest_issues,
    rest_projects,
    rest_properties,
    rest_search,
    rest_versions,
    rest_webhooks,
    rest_workflow,
)
from .ask import Answer, Ask
from .options import Edition
from .world import World

Run = Callable[[World, Ask], Answer]
BOTH: frozenset[Edition] = frozenset({"cloud", "dc"})
CLOUD: frozenset[Edition] = frozenset({"cloud"})
DC: frozenset[Edition] = frozenset({"dc"})


@dataclass(frozen=True, kw_only=True)
class Route:
    """`anonymous`: run for an anonymous caller too; otherwise 401. `write`: it may change the site.

    `any_json`: the body may be any JSON value, not only an object.
    """

    method: str
    path: str
    run: Run
    editions: frozenset[Edition] = BOTH
    anonymous: bool = True
    any_json: bool = False

    @property
    def write(self) -> bool:
        return self.method in ("POST", "PUT", "DELETE") and self.run not in _READS_BY_POST

    @property
    def name(self) -> str:
        """The path as Jira documents it: `/rest/api/issue/{issue}`, without the version."""
        return self.path.replace("<v>", "{v}").replace("<", "{").replace(">", "}")


_READS_BY_POST: frozenset[Run] = frozenset(
    {
        rest_search.search_cloud,
        rest_search.search_dc,
        rest_search.count_issues,
        rest_issues.fetch_issues,
        rest_search.search_removed,
    }
)


def _api(
    method: str,
    path: str,
    run: Run,
    *,
    editions: frozenset[Edition] = BOTH,
    anonymous: bool = True,
    any_json: bool = False,
) -> Route:
    return Route(
        method=method, path="/rest/api/<v>" + path, run=run, editions=editions, anonymous=anonymous, any_json=any_json
    )


def _other(method: str, path: str, run: Run, *, editions: frozenset[Edition] = BOTH, anonymous: bool = True) -> Route:
    return Route(method=method, path=path, run=run, editions=editions, anonymous=anonymous)


ROUTES: tuple[Route, ...] = (
    _api("GET", "/serverInfo", rest_identity.read_server_info),
    _api("GET", "/myself", rest_identity.read_myself, anonymous=False),
    _api("GET", "/mypermissions", rest_identity.read_my_permissions, anonymous=False),
    _api("GET", "/permissions", rest_identity.read_permissions, anonymous=False),
    _api("GET", "/field", rest_identity.read_fields),
    _api("GET", "/issuetype", rest_identity.read_issue_types),
    _api("GET", "/status", rest_identity.read_statuses),
    _api("GET", "/statuscategory", rest_identity.read_status_categories),
    _api("GET", "/priority", rest_identity.read_priorities),
    _api("GET", "/resolution", rest_identity.read_resolutions),
    _api("GET", "/issueLinkType", rest_identity.read_link_types),
    _api("GET", "/label", rest_identity.read_labels, editions=CLOUD),
    _api("GET", "/user", rest_identity.read_user, anonymous=False),
    _api("GET", "/user/bulk", rest_identity.read_users_bulk, editions=CLOUD, anonymous=False),
    _api("GET", "/user/search", rest_identity.search_users, editions=CLOUD),
    _api("GET", "/user/search", rest_identity.search_users, editions=DC, anonymous=False),
    _api("GET", "/user/assignable/search", rest_identity.search_assignable, anonymous=False),
    # projects
    _api("GET", "/project", rest_projects.read_projects),
    _api("GET", "/project/search", rest_projects.search_projects, editions=CLOUD),
    _api("GET", "/project/<project>", rest_projects.read_project),
    _api("GET", "/project/<project>/versions", rest_projects.read_project_versions),
    _api("GET", "/project/<project>/version", rest_projects.read_project_version_page),
    _api("GET", "/project/<project>/statuses", rest_projects.read_project_statuses),
    _api("GET", "/project/<project>/components", rest_projects.read_project_components),
    _api("GET", "/issue/createmeta", rest_projects.read_createmeta_old),
    _api("GET", "/issue/createmeta/<project>/issuetypes", rest_projects.read_createmeta_types, anonymous=False),
    _api("GET", "/issue/createmeta/<project>/issuetypes/<type>", rest_projects.read_createmeta_fields, anonymous=False),
    # issues
    _api("POST", "/issue", rest_issues.create_issue),
    _api("POST", "/issue/bulk", rest_issues.create_issues, anonymous=False),
    _api("POST", "/issue/bulkfetch", rest_issues.fetch_issues, editions=CLOUD, anonymous=False),
    _api("GET", "/issue/<issue>", rest_issues.read_issue),
    _api("PUT", "/issue/<issue>", rest_issues.edit_issue),
    _api("DELETE", "/issue/<issue>", rest_issues.delete_issue),
    _api("PUT", "/issue/<issue>/assignee", rest_issues.assign_issue, anonymous=False),
    _api("GET", "/issue/<issue>/editmeta", rest_issues.read_editmeta),
    _api("GET", "/issue/<issue>/changelog", rest_issues.read_changelog, editions=CLOUD),
    _api("GET", "/issue/<issue>/transitions", rest_workflow.read_transitions),
    _api("POST", "/issue/<issue>/transitions", rest_workflow.transition_issue),
    _api("GET", "/issue/<issue>/properties", rest_properties.read_property_keys),
    _api("GET", "/issue/<issue>/properties/<key>", rest_properties.read_property),
    _api("PUT", "/issue/<issue>/properties/<key>", rest_properties.set_property, anonymous=False, any_json=True),
    _api("DELETE", "/issue/<issue>/properties/<key>", rest_properties.delete_property, anonymous=False),
    # comments and files
    _api("GET", "/issue/<issue>/comment", rest_content.read_comments),
    _api("POST", "/issue/<issue>/comment", rest_content.add_comment, anonymous=False),
    _api("GET", "/issue/<issue>/comment/<comment>", rest_content.read_comment),
    _api("PUT", "/issue/<issue>/comment/<comment>", rest_content.edit_comment, anonymous=False),
    _api("DELETE", "/issue/<issue>/comment/<comment>", rest_content.delete_comment, anonymous=False),
    _api("POST", "/issue/<issue>/attachments", rest_content.add_attachments, anonymous=False),
    _api("GET", "/attachment/meta", rest_content.read_attachment_settings),
    _api("GET", "/attachment/<attachment>", rest_content.read_attachment),
    _api("DELETE", "/attachment/<attachment>", rest_content.delete_attachment, anonymous=False),
    _api("GET", "/attachment/content/<attachment>", rest_content.fetch_attachment, editions=CLOUD),
    _other("GET", "/secure/attachment/<attachment>/<filename>", rest_content.fetch_attachment_page, editions=DC),
    # versions
    _api("POST", "/version", rest_versions.create_version),
    _api("GET", "/version/<version>", rest_versions.read_version),
    _api("PUT", "/version/<version>", rest_versions.edit_version),
    _api("DELETE", "/version/<version>", rest_versions.delete_version, editions=CLOUD, anonymous=False),
    _api("POST", "/version/<version>/removeAndSwap", rest_versions.remove_and_swap),
    _api("PUT", "/version/<version>/mergeto/<target>", rest_versions.merge_version, anonymous=False),
    _api("POST", "/version/<version>/move", rest_versions.move_version, anonymous=False),
    _api("GET", "/version/<version>/relatedIssueCounts", rest_versions.count_related),
    _api("GET", "/version/<version>/unresolvedIssueCount", rest_versions.count_unresolved),
    # search
    _api("GET", "/search/jql", rest_search.search_cloud, editions=CLOUD),
    _api("POST", "/search/jql", rest_search.search_cloud, editions=CLOUD),
    _api("POST", "/search/approximate-count", rest_search.count_issues, editions=CLOUD, anonymous=False),
    _api("GET", "/search", rest_search.search_removed, editions=CLOUD),
    _api("POST", "/search", rest_search.search_removed, editions=CLOUD),
    _api("GET", "/search", rest_search.search_dc, editions=DC),
    _api("POST", "/search", rest_search.search_dc, editions=DC),
    # webhooks
    _other("GET", "/rest/webhooks/1.0/webhook", rest_webhooks.read_webhooks, anonymous=False),
    _other("POST", "/rest/webhooks/1.0/webhook", rest_webhooks.create_webhook, anonymous=False),
    _other("GET", "/rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.read_webhook, anonymous=False),
    _other("PUT", "/rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.edit_webhook, anonymous=False),
    _other("DELETE", "/rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.delete_webhook, anonymous=False),
    _api("GET", "/webhook", rest_webhooks.refuse_dynamic, editions=CLOUD, anonymous=False),
    _api("POST", "/webhook", rest_webhooks.refuse_dynamic, editions=CLOUD, anonymous=False),
    # agile
    _other("GET", "/rest/agile/1.0/board", rest_agile.read_boards, anonymous=False),
    _other("PUT", "/rest/agile/1.0/issue/rank", rest_agile.rank_issues, anonymous=False),
    # the site itself
    _other("GET", "/status", rest_identity.read_site_status),
    _other("GET", "/_edge/tenant_info", rest_identity.read_tenant_info, editions=CLOUD),
    _other("GET", "/rest/auth/1/session", rest_identity.read_session, anonymous=False),
)


@lru_cache(maxsize=2)
def build_map(edition: Edition) -> Map:
    """The routes of one edition; `v` is 2 or latest, and 3 on Cloud."""
    versions = "'2','3',latest" if edition == "cloud" else "'2',latest"
    return Map(
        [
            Rule(
                route.path.replace("<v>", f"<any({versions}):v>"),
                methods=[route.method],
                endpoint=route,
            )
            for route in ROUTES
            if edition in route.editions
        ],
        strict_slashes=False,
        merge_slashes=False,
    )
