"""Forms for features, requirements and releases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tieline.records.record import DEFAULT_STATUSES, RELEASE_STATUSES, RecordKind
from tieline.store.models import Record, Workspace

_STATUSES = [(one.slug, one.name) for one in DEFAULT_STATUSES]
_RELEASE_STATUSES = [(one.slug, one.name) for one in RELEASE_STATUSES]


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RecordForm(forms.Form):
    """One record. Which fields it has depends on the kind: a release has no assignee, tags or release of its own."""

    name = forms.CharField(label=_("Name"), max_length=255, error_messages={"required": _("Give it a name.")})
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=200_000,
        help_text=_("Markdown: # heading, **bold**, - list, [link](https://…), ``` code."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    status = forms.ChoiceField(label=_("Status"), choices=_STATUSES)
    release = forms.ChoiceField(label=_("Release"), required=False)
    assignee = forms.EmailField(
        label=_("Assignee"),
        required=False,
        help_text=_("The e-mail that this person has in Jira."),
        error_messages={"invalid": _("Write an e-mail address such as pat@acme.io, or leave it empty.")},
    )
    due = forms.DateField(
        label=_("Due date"),
        required=False,
        widget=DateInput(),
        error_messages={"invalid": _("Write a date such as 2026-12-01, or leave it empty.")},
    )
    tags = forms.CharField(label=_("Tags"), required=False, max_length=1000, help_text=_("Separated by commas."))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, workspace: Workspace, kind: str, record: Record | None = None, **kwargs: Any
    ) -> None:
        if record is not None:
            kwargs["initial"] = {
                "name": record.name,
                "description": record.description,
                "status": record.status,
                "release": record.release_id or "",
                "assignee": record.assignee or "",
                "due": record.due,
                "tags": ", ".join(record.tags),
                "revision": record.revision,
            } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        status = self.fields["status"]
        assert isinstance(status, forms.ChoiceField)
        if kind == RecordKind.RELEASE:
            for absent in ("release", "assignee", "tags"):
                del self.fields[absent]
            status.choices = _RELEASE_STATUSES
            self.fields["due"].label = _("Release date")
        elif kind == RecordKind.REQUIREMENT:
            del self.fields["release"]
        if "release" in self.fields:
            release = self.fields["release"]
            assert isinstance(release, forms.ChoiceField)
            releases = Record.objects.filter(workspace=workspace, kind=RecordKind.RELEASE, deleted=None).filter(
                ~Q(status="released") | Q(pk=record.release_id if record else None)
            )
            release.choices = [("", _("No release")), *((one.pk, one.name) for one in releases.order_by("position"))]

    def clean_tags(self) -> list[str]:
        parts = (one.strip() for one in str(self.cleaned_data["tags"]).split(","))
        return list(dict.fromkeys(one for one in parts if one))

    def changes(self) -> dict[str, Any]:
        """The record's fields as typed: empty e-mail, date and release are None."""
        typed = {name: self.cleaned_data[name] for name in self.fields if name != "revision"}
        for name in ("assignee", "due", "release"):
            if name in typed:
                typed[name] = typed[name] or None
        typed["description"] = typed["description"].replace("\r\n", "\n")
        return typed
