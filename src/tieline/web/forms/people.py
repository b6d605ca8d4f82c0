"""Forms about people and workspaces."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from tieline.store.models import Role, User, Workspace

_KEY = re.compile(r"^[A-Z][A-Z0-9]{1,9}$")
_NEEDED = {"required": _("Fill this in.")}
_EMAIL = {"required": _("Fill this in."), "invalid": _("Write an e-mail address such as pat@acme.io.")}
MAY_SEE = "autocomplete"


def _password(label: Any, hint: Any = "", *, fresh: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        strip=False,
        max_length=256,
        error_messages=_NEEDED,
        widget=forms.PasswordInput(attrs={MAY_SEE: "new-password" if fresh else "current-password"}),
    )


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        error_messages=_EMAIL,
        widget=forms.EmailInput(attrs={MAY_SEE: "username", "autofocus": True}),
    )
    password = _password(_("Password"), fresh=False)


class FirstForm(forms.Form):
    """Name, e-mail and password of somebody who came by a link."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, error_messages=_NEEDED, widget=forms.TextInput(attrs={MAY_SEE: "name"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        error_messages=_EMAIL,
        help_text=_("You sign in with it. No mail is sent to it."),
        widget=forms.EmailInput(attrs={MAY_SEE: "username"}),
    )
    password = _password(_("Password"), _("10 characters or more."), fresh=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exclude(pk=self.user.pk).exists():
            raise forms.ValidationError(_("Somebody has an account with this e-mail. Use another one."))
        return email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class YouForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=120, error_messages=_NEEDED, widget=forms.TextInput(attrs={MAY_SEE: "name"})
    )
    theme = forms.ChoiceField(
        label=_("Theme"),
        choices=[("system", _("As the system is set")), ("light", _("Light")), ("dark", _("Dark"))],
    )


class PasswordForm(forms.Form):
    present = _password(_("Present password"), fresh=False)
    password = _password(_("New password"), _("10 characters or more."), fresh=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_present(self) -> str:
        present = str(self.cleaned_data["present"])
        if not self.user.check_password(present):
            raise forms.ValidationError(_("This is not your present password. Type it again."))
        return present

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.user)
        return password


class WorkspaceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, error_messages=_NEEDED, help_text=_("Your product."))
    key = forms.CharField(
        label=_("Key"),
        max_length=10,
        error_messages=_NEEDED,
        help_text=_("2 to 10 letters and digits; records are called by it, such as FERRY-12. It stays for ever."),
    )

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"]).strip().upper()
        if not _KEY.match(key):
            raise forms.ValidationError(_("Use 2 to 10 letters and digits, beginning with a letter."))
        if Workspace.objects.filter(key=key).exists():
            raise forms.ValidationError(_("Another workspace has this key. Choose another one."))
        return key


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), error_messages=_EMAIL)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.CONTRIBUTOR)
