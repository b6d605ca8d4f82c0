"""What a path or a query names, if the caller may see it."""

from .ask import Answer, Ask, refuse
from .model import Issue, Project
from .rest_identity import no_such_issue
from .world import World


def find_issue(world: World, ask: Ask, name: str = "issue") -> Issue | Answer:
    """The issue of the path, if the caller may see it."""
    one = world.issue(ask.path_values[name])
    if one is None or world.project(one.project, account=ask.caller.account) is None:
        return refuse(404, no_such_issue(world))
    return one


def project_of(world: World, issue: Issue) -> Project:
    found = world.project_that_exists(issue.project)
    assert found is not None
    return found


def parse_list(ask: Ask, name: str) -> list[str]:
    return [part.strip() for raw in ask.many.get(name, []) for part in raw.split(",") if part.strip()]
