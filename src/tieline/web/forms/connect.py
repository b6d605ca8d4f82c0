"""The form for one Jira: address, account, secret. Which edition it is, is found out and not asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tieline.diagnosis.address import repair_account, repair_address, repair_secret
from tieline.store.connections import origin_of
from tieline.store.models import Connection


class ConnectForm(forms.Form):
    """What was typed, repaired where the repair is certain; ``repairs`` says each repair in a sentence.

    The secret is write-only: a form that is shown again comes back without it.
    """

    base_url = forms.CharField(
        label=gettext_lazy("Address of Jira"),
        max_length=500,
        error_messages={"required": gettext_lazy("Paste the address of your Jira.")},
        help_text=gettext_lazy("Any page of it will do, such as a board or an issue."),
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocomplete": "url",
                "spellcheck": "false",
                "placeholder": "https://acme.atlassian.net",
            }
        ),
    )
    account = forms.CharField(
        label=gettext_lazy("Account"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "Jira Cloud: the account’s e-mail. Data Center: its user name, or nothing with a personal access token."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("API token, personal access token or password"),
        max_length=8000,
        strip=False,
        error_messages={"required": gettext_lazy("Paste the secret; it is not kept in this form.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of this connection"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("How it is called here. Left empty, it is the host name."),
    )

    def __init__(self, *args: Any, connection: Connection | None = None, **kwargs: Any) -> None:
        if connection is not None:
            kwargs["initial"] = {
                "base_url": connection.base_url,
                "account": connection.account,
                "name": connection.name,
            } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.connection = connection
        self.repairs: list[str] = []
        self.project_key: str | None = None
        self.as_bearer = False
        if connection is not None and connection.secret is not None:
            self.fields["secret"].required = False
            self.fields["secret"].help_text = _("Leave it empty to keep the one that is stored.")

    def clean_base_url(self) -> str:
        repaired = repair_address(str(self.cleaned_data["base_url"]))
        if not repaired.readable:
            raise forms.ValidationError(
                _("This cannot be read as an address. Write one such as https://acme.atlassian.net.")
            )
        self.repairs += repaired.repairs
        self.project_key = repaired.project_key
        return repaired.url

    def clean_account(self) -> str:
        account, repairs = repair_account(str(self.cleaned_data["account"]))
        self.repairs += repairs
        return account

    def clean_secret(self) -> str:
        repaired = repair_secret(str(self.cleaned_data["secret"]))
        self.repairs += repaired.repairs
        self.as_bearer = repaired.as_bearer
        return repaired.secret

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stored = self.connection is not None and self.connection.secret is not None
        moved = stored and origin_of(cleaned.get("base_url", "")) != (self.connection.origin if self.connection else "")
        if moved and not cleaned.get("secret") and "base_url" in cleaned:
            self.add_error(
                "secret",
                _("The stored secret belongs to the former address and goes to no other. Paste one for this address."),
            )
        return cleaned

    @property
    def auth(self) -> str:
        """``bearer`` for a token alone, ``basic`` for an account with a secret."""
        return "basic" if self.cleaned_data.get("account") else "bearer"
