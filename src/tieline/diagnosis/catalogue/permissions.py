"""The login is fine, the right is missing (family K)."""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import CONNECTION, MAPPING, RECORD, admin, ask, entry, you
from tieline.diagnosis.finding import CatalogueEntry

SCHEMES = "https://support.atlassian.com/jira-cloud-administration/docs/manage-project-permissions/"
ROLES = "https://support.atlassian.com/jira-cloud-administration/docs/manage-project-roles/"
GLOBAL = "https://support.atlassian.com/jira-cloud-administration/docs/manage-global-permissions/"
_SCHEME_PLACE = (
    "Project settings > Permissions (the project's permission scheme): grant it to a role that {account} has."
)


def _right(
    slug: str, permission: str, *, title: str, seen: str, use: str, known_by: str, probe: str | None = None
) -> CatalogueEntry:
    """An entry for one missing project permission: the same remedy, another name."""
    return entry(
        slug,
        title=title,
        seen=seen,
        means=f"The login is fine. What is missing is the project permission {permission}, which {use}.",
        known_by=known_by,
        do=(admin(f"Grant {permission} in " + "{project} to a role of {account}."),),
        response=CONNECTION,
        url=SCHEMES,
        probe=probe or f"Ask mypermissions for this project: it tells {permission} by name.",
        request=ask(
            "{account} needs the permission " + permission + " in {project}.",
            _SCHEME_PLACE,
            f"Administration > Permission helper: the account, an issue of the project, {permission}.",
        ),
    )


ENTRIES = (
    entry(
        "perm-create-version",
        title="{account} may not create versions in {project}",
        seen="404 `Project with key 'X' either does not exist or you do not have permission to create versions in it.`",
        means="Creating versions takes the right Administer Projects; Create Issues is not enough. Without it Jira answers 404 (not "
        "found), with the same words as for a project that does not exist.",
        known_by="The login is accepted and the project is visible, or mypermissions answers no for Administer Projects.",
        do=(
            admin(
                "Give {account} the role Administrators in {project}, or grant Administer Projects to one of its roles."
            ),
        ),
        instead=(you("Leave releases out of the mapping; features go on without them."),),
        response=CONNECTION,
        url=ROLES,
        request=ask(
            "{account} needs the permission Administer Projects in {project}, because only that lets it create versions.",
            "Project settings > People (or Roles): add {account} to the role Administrators. Or Project settings > Permissions > Administer projects.",
            "Administration > Permission helper: {account}, {project}, Administer Projects. Tieline's own check shows it too, without creating anything.",
            "Administer Jira, or any right in other projects.",
        ),
    ),
    entry(
        "url-project-key-wrong",
        title="Jira has no project {project_key}",
        seen="404 `No project could be found with key 'X'.`",
        means="The key is mistyped, or the project was deleted, archived or got another key. A project that is hidden from the "
        "account is answered the same way.",
        known_by="Data Center answers 404 to mypermissions only when the project does not exist; Cloud does not tell the two apart.",
        do=(
            you("Choose the project from the list of those that the account sees."),
            admin("Tell the present key, or whether {account} may see the project."),
        ),
        response=MAPPING,
        request=ask(
            "Does Jira have a project {project_key}, and may {account} see it?",
            "Administration > Projects; and the project's permission scheme > Browse Projects.",
            "Sign in as the account and open the project.",
        ),
    ),
    entry(
        "perm-project-not-visible",
        title="{account} does not see {project}",
        seen="404 `No project could be found`, 400 `The value 'X' does not exist for the field 'project'.`",
        means="Jira hides what an account may not browse, and answers as if it did not exist. The right Browse Projects is missing.",
        known_by="The login is accepted, and mypermissions answers no for Browse Projects.",
        do=(
            admin("Grant Browse Projects in {project} to a role of {account}."),
            you("Check the key against a link to an issue of the project."),
        ),
        response=CONNECTION,
        url=SCHEMES,
        request=ask(
            "{account} needs the permission Browse Projects in {project}.",
            "Project settings > People: add {account} to a role. Or Project settings > Permissions > Browse projects.",
            "Sign in as the account and open the project.",
        ),
    ),
    entry(
        "not-found-or-no-browse",
        title="Jira shows no such issue to {account}",
        seen="404 `Issue does not exist or you do not have permission to see it.` or `Issue Does Not Exist`.",
        means="The issue or version was deleted or moved, is hidden by a security level, or its project is not visible to the account.",
        known_by="Jira gives the same answer for all of these.",
        do=(
            you("Open the issue in Jira: it may have moved to another project or be gone."),
            admin("Check the issue's security level and whether {account} may browse its project."),
        ),
        response=RECORD,
        request=ask(
            "An issue that Tieline keeps in step is not visible to {account}.",
            "The issue itself (More > Move history, security level), and the project's permission scheme.",
            "Sign in as the account and open the issue.",
        ),
    ),
    _right(
        "perm-create-issue",
        "Create Issues",
        title="{account} may not create issues in {project}",
        seen="400 `Field 'summary' cannot be set. It is not on the appropriate screen, or unknown.`",
        use="lets features be sent. Jira often hides this behind a message about the summary",
        known_by="Even the summary, which stands on every screen, cannot be set; or mypermissions answers no.",
    ),
    _right(
        "perm-edit-issue",
        "Edit Issues",
        title="{account} may not edit issues in {project}",
        seen="400 `Field '…' cannot be set`, 403 `You do not have permission to edit issues in this project.`",
        use="lets changes be sent. A property of the workflow can close single statuses for editing too",
        known_by="mypermissions answers no, or editmeta lists no fields.",
        probe="Ask editmeta of the issue: no fields at all means that the right is missing.",
    ),
    _right(
        "perm-assign-issue",
        "Assign Issues",
        title="{account} may not assign issues in {project}",
        seen="400 `Field 'assignee' cannot be set.`",
        use="lets assignees be sent. The person assigned needs Assignable User as well",
        known_by="Only the assignee is refused, or mypermissions answers no.",
    ),
    _right(
        "perm-transition-issue",
        "Transition Issues",
        title="{account} may not move issues through the workflow of {project}",
        seen="No transitions are offered, or a transition is refused.",
        use="lets statuses be sent",
        known_by="mypermissions answers no, or the transition's refusal speaks of permission.",
    ),
    _right(
        "perm-schedule-issue",
        "Schedule Issues",
        title="{account} may not set due dates in {project}",
        seen="The due date cannot be set.",
        use="lets due dates be sent",
        known_by="mypermissions answers no.",
    ),
    _right(
        "perm-link-issue",
        "Link Issues",
        title="{account} may not link issues in {project}",
        seen="404 or 401 when a link is made.",
        use="lets dependencies be sent",
        known_by="mypermissions answers no.",
    ),
    _right(
        "perm-delete-issue",
        "Delete Issues",
        title="{account} may not delete issues in {project}",
        seen="401 `You do not have permission to delete issues in this project.`",
        use="lets issues be removed. The status is 401 (unauthorized), but the login is accepted",
        known_by="Jira's words speak of a right, not of a login.",
    ),
    _right(
        "perm-delete-version",
        "Administer Projects",
        title="{account} may not delete versions in {project}",
        seen="401 `The user … does not have permission to complete this operation.`",
        use="lets versions be removed. The answer names the account, so the login is accepted",
        known_by="Jira names the account in its refusal.",
    ),
    _right(
        "perm-project-admin",
        "Administer Projects",
        title="{account} may not change the settings of {project}",
        seen="403 `You cannot edit the configuration of this project.`",
        use="is needed for components and other settings of the project",
        known_by="Jira's words, or mypermissions.",
    ),
    _right(
        "perm-project-role",
        "Administer Projects",
        title="{account} may not read the roles of {project}",
        seen="401 or 404 for /project/X/role.",
        use="is needed to read who has which role",
        known_by="The call is one for project administrators; a stranger gets the same answer.",
        probe="Ask /myself: 401 means that no login was accepted at all.",
    ),
    _right(
        "perm-watchers",
        "Manage Watchers",
        title="{account} may not change who watches an issue of {project}",
        seen="401 `is not allowed to remove watchers`, `will not be added to the watch list`.",
        use="lets watchers be changed. The person added must be able to see the issue as well",
        known_by="Jira names a person in its refusal, so the login is accepted.",
    ),
    entry(
        "perm-jira-admin",
        title="This call is one for Jira administrators, and {account} is none",
        seen="403 `Only Jira administrators can …`, or 401 with an empty message.",
        means="The login is fine; the call reads or changes settings of the whole Jira.",
        known_by="Jira's words, or mypermissions answers no for Administer Jira.",
        do=(
            you("Leave the feature out that needs it; keeping records in step does not."),
            admin("Grant Administer Jira to {account}, when the feature is wanted."),
        ),
        response=CONNECTION,
        url=GLOBAL,
        probe="Ask mypermissions for ADMINISTER.",
        request=ask(
            "A feature of Tieline that reads settings of Jira needs the right Administer Jira for {account}.",
            "Administration > System > Global permissions > Administer Jira.",
            "mypermissions answers yes for ADMINISTER.",
            "anything, when polling and the present mapping are enough.",
        ),
    ),
    entry(
        "perm-webhook-admin",
        title="{account} may not register a webhook, so Tieline polls",
        seen="403 `You do not have permission to create WebHook`.",
        means="Webhooks of a whole Jira are registered by its administrators. Without one, changes are heard by polling, a minute "
        "or so later; nothing is missed.",
        known_by="Jira's words, or mypermissions answers no for Administer Jira.",
        do=(
            you("Go on with polling; that is enough."),
            admin(
                "Register the webhook by hand, with the address that the connection shows, when changes are to be heard in seconds."
            ),
        ),
        response=RECORD,
        url="https://developer.atlassian.com/server/jira/platform/webhooks/",
        probe="Ask mypermissions for ADMINISTER.",
        request=ask(
            "A webhook would let Tieline hear of changes within seconds.",
            "Administration > System > WebHooks > Create: the address that Tieline's connection page shows; events: issue and version created, updated, deleted.",
            "The connection page of Tieline shows “heard by webhook”.",
            "Administer Jira for {account}; polling works without any change.",
        ),
    ),
    entry(
        "perm-browse-users",
        title="{account} may not look up people in Jira",
        seen="An empty list from the user search, or 403 (forbidden).",
        means="Without the global permission Browse users and groups, Jira shows no people, so assignees cannot be matched. All else works.",
        known_by="mypermissions answers no for it, or the account does not find itself.",
        do=(admin("Grant Browse users and groups to {account}."),),
        instead=(you("Leave the assignee out of the mapping."),),
        response=MAPPING,
        url=GLOBAL,
        probe="Ask mypermissions for USER_PICKER.",
        request=ask(
            "{account} needs the global permission Browse users and groups, to match assignees.",
            "Administration > System > Global permissions > Browse users and groups.",
            "Sign in as the account: the assignee field suggests people.",
        ),
    ),
    entry(
        "perm-field-context",
        title="A field is not shown to {account} in {project}",
        seen="`Field 'X' does not exist or you do not have permission to view it.` while signed in.",
        means="A custom field belongs to certain projects. It is hidden here, or in no project that the account sees.",
        known_by="Jira's words, with an accepted login.",
        do=(
            admin("Extend the field's context to {project}, or make the field visible."),
            you("Choose another field in the mapping."),
        ),
        response=MAPPING,
        probe="Ask the same as a Jira administrator.",
        request=ask(
            "A custom field that the mapping uses is not available in {project}.",
            "Administration > Issues > Custom fields > the field > Contexts.",
            "Open the create screen of the project: the field is there.",
        ),
    ),
)
