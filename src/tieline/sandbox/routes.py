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
    """`anonymous`: run for an anonymous caller too; otherwise 401. `write`: it may change the site."""

    method: str
    path: str
    run: Run
    editions: frozenset[Edition] = BOTH
    anonymous: bool = True

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

_API = "/rest/api/<v>"


def _route(method: str, path: str, run: Run, *, editions: frozenset[Edition] = BOTH, anonymous: bool = True) -> Route:
    full = path if path.startswith("//") else _API + path
    return Route(
        method=method,
        path=full.replace("//", "/", 1) if path.startswith("//") else full,
        run=run,
        editions=editions,
        anonymous=anonymous,
    )


ROUTES: tuple[Route, ...] = (
    _route("GET", "/serverInfo", rest_identity.read_server_info),
    _route("GET", "/myself", rest_identity.read_myself, anonymous=False),
    _route("GET", "/mypermissions", rest_identity.read_my_permissions, anonymous=False),
    _route("GET", "/permissions", rest_identity.read_permissions, anonymous=False),
    _route("GET", "/field", rest_identity.read_fields),
    _route("GET", "/issuetype", rest_identity.read_issue_types),
    _route("GET", "/status", rest_identity.read_statuses),
    _route("GET", "/statuscategory", rest_identity.read_status_categories),
    _route("GET", "/priority", rest_identity.read_priorities),
    _route("GET", "/resolution", rest_identity.read_resolutions),
    _route("GET", "/issueLinkType", rest_identity.read_link_types),
    _route("GET", "/label", rest_identity.read_labels, editions=CLOUD),
    _route("GET", "/user", rest_identity.read_user, anonymous=False),
    _route("GET", "/user/bulk", rest_identity.read_users_bulk, editions=CLOUD, anonymous=False),
    _route("GET", "/user/search", rest_identity.search_users, editions=CLOUD),
    _route("GET", "/user/search", rest_identity.search_users, editions=DC, anonymous=False),
    _route("GET", "/user/assignable/search", rest_identity.search_assignable, anonymous=False),
    # projects
    _route("GET", "/project", rest_projects.read_projects),
    _route("GET", "/project/search", rest_projects.search_projects, editions=CLOUD),
    _route("GET", "/project/<project>", rest_projects.read_project),
    _route("GET", "/project/<project>/versions", rest_projects.read_project_versions),
    _route("GET", "/project/<project>/version", rest_projects.read_project_version_page),
    _route("GET", "/project/<project>/statuses", rest_projects.read_project_statuses),
    _route("GET", "/project/<project>/components", rest_projects.read_project_components),
    _route("GET", "/issue/createmeta", rest_projects.read_createmeta_old),
    _route("GET", "/issue/createmeta/<project>/issuetypes", rest_projects.read_createmeta_types, anonymous=False),
    _route(
        "GET", "/issue/createmeta/<project>/issuetypes/<type>", rest_projects.read_createmeta_fields, anonymous=False
    ),
    # issues
    _route("POST", "/issue", rest_issues.create_issue),
    _route("POST", "/issue/bulk", rest_issues.create_issues, anonymous=False),
    _route("POST", "/issue/bulkfetch", rest_issues.fetch_issues, editions=CLOUD, anonymous=False),
    _route("GET", "/issue/<issue>", rest_issues.read_issue),
    _route("PUT", "/issue/<issue>", rest_issues.edit_issue),
    _route("DELETE", "/issue/<issue>", rest_issues.delete_issue),
    _route("PUT", "/issue/<issue>/assignee", rest_issues.assign_issue, anonymous=False),
    _route("GET", "/issue/<issue>/editmeta", rest_issues.read_editmeta),
    _route("GET", "/issue/<issue>/changelog", rest_issues.read_changelog, editions=CLOUD),
    _route("GET", "/issue/<issue>/transitions", rest_workflow.read_transitions),
    _route("POST", "/issue/<issue>/transitions", rest_workflow.transition_issue),
    _route("GET", "/issue/<issue>/properties", rest_properties.read_property_keys),
    _route("GET", "/issue/<issue>/properties/<key>", rest_properties.read_property),
    _route("PUT", "/issue/<issue>/properties/<key>", rest_properties.set_property, anonymous=False),
    _route("DELETE", "/issue/<issue>/properties/<key>", rest_properties.delete_property, anonymous=False),
    # comments and files
    _route("GET", "/issue/<issue>/comment", rest_content.read_comments),
    _route("POST", "/issue/<issue>/comment", rest_content.add_comment, anonymous=False),
    _route("GET", "/issue/<issue>/comment/<comment>", rest_content.read_comment),
    _route("PUT", "/issue/<issue>/comment/<comment>", rest_content.edit_comment, anonymous=False),
    _route("DELETE", "/issue/<issue>/comment/<comment>", rest_content.delete_comment, anonymous=False),
    _route("POST", "/issue/<issue>/attachments", rest_content.add_attachments, anonymous=False),
    _route("GET", "/attachment/meta", rest_content.read_attachment_settings),
    _route("GET", "/attachment/<attachment>", rest_content.read_attachment),
    _route("DELETE", "/attachment/<attachment>", rest_content.delete_attachment, anonymous=False),
    _route("GET", "/attachment/content/<attachment>", rest_content.fetch_attachment, editions=CLOUD),
    _route("GET", "//secure/attachment/<attachment>/<filename>", rest_content.fetch_attachment_page, editions=DC),
    # versions
    _route("POST", "/version", rest_versions.create_version),
    _route("GET", "/version/<version>", rest_versions.read_version),
    _route("PUT", "/version/<version>", rest_versions.edit_version),
    _route("DELETE", "/version/<version>", rest_versions.delete_version, editions=CLOUD, anonymous=False),
    _route("POST", "/version/<version>/removeAndSwap", rest_versions.remove_and_swap),
    _route("PUT", "/version/<version>/mergeto/<target>", rest_versions.merge_version, anonymous=False),
    _route("POST", "/version/<version>/move", rest_versions.move_version, anonymous=False),
    _route("GET", "/version/<version>/relatedIssueCounts", rest_versions.count_related),
    _route("GET", "/version/<version>/unresolvedIssueCount", rest_versions.count_unresolved),
    # search
    _route("GET", "/search/jql", rest_search.search_cloud, editions=CLOUD),
    _route("POST", "/search/jql", rest_search.search_cloud, editions=CLOUD),
    _route("POST", "/search/approximate-count", rest_search.count_issues, editions=CLOUD, anonymous=False),
    _route("GET", "/search", rest_search.search_removed, editions=CLOUD),
    _route("POST", "/search", rest_search.search_removed, editions=CLOUD),
    _route("GET", "/search", rest_search.search_dc, editions=DC),
    _route("POST", "/search", rest_search.search_dc, editions=DC),
    # webhooks
    _route("GET", "//rest/webhooks/1.0/webhook", rest_webhooks.read_webhooks, anonymous=False),
    _route("POST", "//rest/webhooks/1.0/webhook", rest_webhooks.create_webhook, anonymous=False),
    _route("GET", "//rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.read_webhook, anonymous=False),
    _route("PUT", "//rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.edit_webhook, anonymous=False),
    _route("DELETE", "//rest/webhooks/1.0/webhook/<webhook>", rest_webhooks.delete_webhook, anonymous=False),
    _route("GET", "/webhook", rest_webhooks.refuse_dynamic, editions=CLOUD, anonymous=False),
    _route("POST", "/webhook", rest_webhooks.refuse_dynamic, editions=CLOUD, anonymous=False),
    # agile
    _route("GET", "//rest/agile/1.0/board", rest_agile.read_boards, anonymous=False),
    _route("PUT", "//rest/agile/1.0/issue/rank", rest_agile.rank_issues, anonymous=False),
    # the site itself
    _route("GET", "//status", rest_identity.read_site_status),
    _route("GET", "//_edge/tenant_info", rest_identity.read_tenant_info, editions=CLOUD),
    _route("GET", "//rest/auth/1/session", rest_identity.read_session, anonymous=False),
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
