"""The form for what a connection brings along: authorities it trusts, a client certificate, a proxy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tieline.store.models import Connection
from tieline.store.outfit import LONGEST_PEM, parse_authorities, parse_client, parse_proxy

_PEM = {
    "rows": 6,
    "spellcheck": "false",
    "autocomplete": "off",
    "class": "mono",
    "placeholder": "-----BEGIN CERTIFICATE-----",
}


class OutfitForm(forms.Form):
    """Certificates of authorities are public and shown again; key and proxy login are write-only."""

    authority_pem = forms.CharField(
        label=_("Certificates of your own authority"),
        required=False,
        max_length=LONGEST_PEM,
        help_text=_(
            "PEM text. They count besides those that this server trusts anyway. Empty them to trust no others."
        ),
        widget=forms.Textarea(attrs=_PEM),
    )
    client_pem = forms.CharField(
        label=_("Client certificate with its key"),
        required=False,
        max_length=LONGEST_PEM,
        help_text=_("PEM text, for a Jira that asks for one. Leave it empty to keep the one that is stored."),
        widget=forms.Textarea(attrs=_PEM),
    )
    drop_client = forms.BooleanField(label=_("Take the stored client certificate away"), required=False)
    proxy = forms.CharField(
        label=_("Proxy"),
        required=False,
        max_length=500,
        help_text=_("Such as http://proxy.acme.io:3128. Leave it empty to keep the one that is stored."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    drop_proxy = forms.BooleanField(label=_("Take the stored proxy away"), required=False)

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["authority_pem"] = connection.authority_pem
        if not connection.client_pem:
            del self.fields["drop_client"]
        if not connection.proxy:
            del self.fields["drop_proxy"]

    def clean_authority_pem(self) -> str:
        return self._judged("authority_pem", parse_authorities)

    def clean_client_pem(self) -> str:
        return self._judged("client_pem", parse_client)

    def clean_proxy(self) -> str:
        return self._judged("proxy", parse_proxy)

    def _judged(self, name: str, parse: Any) -> str:
        text = str(self.cleaned_data[name]).strip()
        if text:
            try:
                parse(text)
            except ValueError as reason:
                raise forms.ValidationError(str(reason)) from None
        return text

    def parts(self) -> dict[str, str | None]:
        """What to keep: None leaves a part as it is, an empty text takes it away."""
        cleaned = self.cleaned_data
        return {
            "authority_pem": cleaned["authority_pem"],
            "client_pem": cleaned["client_pem"] or ("" if cleaned.get("drop_client") else None),
            "proxy": cleaned["proxy"] or ("" if cleaned.get("drop_proxy") else None),
        }
