"""Where Tieline itself stops: a value that has no counterpart, a name that is taken, a run that a person should see.

No answer of Jira is behind these, so no rule concludes them: the planner and the engine name them.
"""

from __future__ import annotations

from tieline.diagnosis.catalogue.kit import MAPPING, RECORD, RETRY, entry, operator, you

ENTRIES = (
    entry(
        "map-person-unmatched",
        title="No Jira user could be found for {person}",
        seen="The record's assignee is missing in Jira, or Jira's assignee is missing here.",
        means="Assignees are matched by e-mail, or by the table of people in the mapping. Neither names one user of "
        "Jira for {person}, and Tieline does not guess. All other fields are carried.",
        known_by="The mapping's table of people and Jira's own search.",
        do=(
            you("Add {person} to the table of people in the mapping."),
            you("Or assign somebody whom Jira knows by the same e-mail."),
        ),
        response=RECORD,
    ),
    entry(
        "map-status-unmapped",
        title="The status {status} has no counterpart in the mapping",
        seen="A status change stays on one side.",
        means="The mapping says for each status what it is on the other side. For {status} it says nothing, so the "
        "change waits. All other fields are carried.",
        known_by="The mapping's table of statuses.",
        do=(you("Open the mapping and choose a counterpart for {status}."),),
        response=MAPPING,
    ),
    entry(
        "map-no-route",
        title="Jira's workflow offers no way to the wanted status",
        seen="The status in Jira stays as it was.",
        means="A status changes by transitions. From the present status no chain of transitions known to Tieline leads "
        "to the wanted one, or this account may not take it.",
        known_by="The transitions that Jira offers from the present status.",
        do=(
            you("Choose a status that Jira's workflow allows from here, or move the issue in Jira."),
            you("Or let the status come from Jira in the mapping."),
        ),
        response=RECORD,
    ),
    entry(
        "map-transition-needs-field",
        title="The transition asks for a field that nothing here fills",
        seen="The status in Jira stays as it was.",
        means="The way to the wanted status goes through a transition whose screen requires a field. Nothing in the "
        "mapping provides a value for it.",
        known_by="The required fields that Jira lists for the transition.",
        do=(you("Move the issue in Jira by hand, where the field can be filled in; Tieline follows."),),
        response=RECORD,
    ),
    entry(
        "map-version-unlinked",
        title="The release has no version in Jira yet",
        seen="The feature is in Jira without its fix version.",
        means="A feature's release becomes the fix version of its issue. This release was not sent, so there is no "
        "version to name. The feature follows by itself as soon as there is one.",
        known_by="The release has no linked version.",
        do=(you("Send the release, or look at what holds it up."),),
        response=RECORD,
    ),
    entry(
        "map-parent-unlinked",
        title="The feature of this requirement has no issue in Jira yet",
        seen="The requirement waits.",
        means="A requirement becomes a child of its feature's issue, and there is none yet. It follows by itself as "
        "soon as there is one.",
        known_by="The feature has no linked issue.",
        do=(you("Send the feature, or look at what holds it up."),),
        response=RETRY,
    ),
    entry(
        "map-parent-fixed",
        title="Jira Data Center moves a sub-task only by hand",
        seen="The requirement stands under another feature here than its sub-task does in Jira.",
        means="The requirement was moved to another feature. Data Center's interface takes no other parent for a "
        "sub-task that exists, so the sub-task stays where it is until a person moves it. All other fields are carried.",
        known_by="The parent that Jira names, and the feature's issue.",
        do=(
            you("Move the sub-task in Jira: More, Move, Change parent. Tieline sees it and closes this."),
            you("Or move the requirement back to its former feature here."),
        ),
        response=RECORD,
    ),
    entry(
        "map-parent-elsewhere",
        title="The issue was moved under one that is no feature here",
        seen="The requirement stays with its feature here.",
        means="In Jira the issue stands under another parent now, and no feature here is linked with that one. "
        "Nothing here was moved. All other fields are carried.",
        known_by="The parent that Jira names, and the links of features here.",
        do=(
            you("Import the parent as a feature, then sync the requirement."),
            you("Or move the issue back in Jira."),
        ),
        response=RECORD,
    ),
    entry(
        "map-field-absent",
        title="Jira does not show a field that the mapping fills",
        seen="A change here does not arrive in Jira.",
        means="The answer of Jira leaves the field out: it was removed from the project, is hidden from the account, or "
        "stands on no screen of this issue type. Nothing here is emptied because of that.",
        known_by="The field is missing in Jira's answer.",
        do=(
            you("Run the check: it names the screen that lacks the field."),
            you("Or take the field out of the mapping."),
        ),
        response=MAPPING,
    ),
    entry(
        "map-kind-unmapped",
        title="The mapping says nothing about this kind of record",
        seen="The record stays as it is on both sides.",
        means="The record was linked when its kind was mapped. The mapping was changed since.",
        known_by="The mapping's list of kinds.",
        do=(you("Open the mapping and choose what this kind of record is in Jira, or unlink the record."),),
        response=MAPPING,
    ),
    entry(
        "map-field-unknown",
        title="The mapping names a field that this kind of record does not have",
        seen="The field is not carried.",
        means="The row of the mapping fits no field here, so it is passed over. All other fields are carried.",
        known_by="The fields of this kind of record.",
        do=(you("Open the mapping and remove the row."),),
        response=MAPPING,
    ),
    entry(
        "map-value-unreadable",
        title="A value has a shape that the mapped field cannot hold",
        seen="The field is not carried.",
        means="The value on one side is not what the mapping expects, for instance text where a date is due. It stays "
        "where it is; all other fields are carried.",
        known_by="The value and the type of the mapped field.",
        do=(you("Correct the value, or map the field to one of the same type."),),
        response=RECORD,
    ),
    entry(
        "map-name-empty",
        title="The record has no name to send",
        seen="The record waits.",
        means="Jira makes no issue and no version without a name.",
        known_by="The record's name.",
        do=(you("Give the record a name."),),
        response=RECORD,
    ),
    entry(
        "sync-version-taken",
        title="Another release here is linked to the version of that name",
        seen="The release waits.",
        means="Names of versions are unique in a Jira project. A version of this name exists, and another release of "
        "this workspace is linked to it.",
        known_by="Jira's list of versions and the links here.",
        do=(you("Rename one of the two releases, or unlink the other one."),),
        response=RECORD,
    ),
    entry(
        "sync-issue-moved",
        title="The issue was moved to another project in Jira",
        seen="Changes of the record and of its issue stay on their own side.",
        means="The record is linked with an issue that no longer stands in the project of this integration. Tieline reads "
        "and writes only there, so it leaves the issue alone. Nothing here was deleted or emptied.",
        known_by="The project that Jira names for the issue.",
        do=(
            you("Move the issue back in Jira, then sync the record."),
            you("Or unlink the record, and send it again if this project should have an issue of its own."),
        ),
        response=RECORD,
    ),
    entry(
        "sync-brake",
        title="Jira would change many records here at once",
        seen="A poll found far more changes than usual; none was taken over yet.",
        means="More than 50 records, or more than a fifth of the linked ones, would change in one go: {count} of "
        "{total}. That may be a bulk edit that was meant, or an accident. Until a person has looked, nothing changes.",
        known_by="The number of records that the poll would change.",
        do=(
            you("Look at some of the listed issues in Jira."),
            you("Let the changes run, or correct them in Jira first."),
        ),
        response=MAPPING,
    ),
    entry(
        "tieline-unexplained",
        title="Jira refused, and no known cause fits",
        seen="Jira's own words stand below.",
        means="Tieline knows no cause that fits this answer, so it claims none. The evidence is shown as it came.",
        known_by="No rule recognises the answer.",
        do=(
            you("Read Jira's own words and the evidence."),
            you("Try again; if it stays, show the evidence to your Jira admin."),
        ),
        response=RECORD,
    ),
    entry(
        "tieline-internal",
        title="Tieline itself failed at this work",
        seen="The work is kept and was tried several times.",
        means="A mistake in Tieline, not in Jira or in your settings. Nothing is lost: the work waits and can be run again.",
        known_by="An exception in Tieline's own code; the server's log has it.",
        do=(
            operator("Look for the work's number in the server's log and report what stands there."),
            you("Try again after an update."),
        ),
        response=RECORD,
    ),
    entry(
        "tieline-op-poisoned",
        title="The worker stopped several times while doing this work",
        seen="The work is kept and waits.",
        means="Five times in a row the worker process ended while it did this work, so it was set aside for the others' "
        "sake. The machine may be short of memory, or the work meets a mistake in Tieline.",
        known_by="The ledger counts workers that ended over one piece of work.",
        do=(
            operator("Look at the server's log and at its memory around the time of the last try."),
            you("Try again."),
        ),
        response=RECORD,
    ),
)
CONDITIONS = frozenset(one.slug for one in ENTRIES)
"""Slugs that no rule concludes."""
