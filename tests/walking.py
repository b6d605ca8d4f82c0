"""A browser without JavaScript: pages, links and forms as a person would use them, over real HTTP."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)
    """name, value, words on it, formaction"""

    def names(self) -> set[str]:
        return {name for name, _ in self.fields} | set(self.choices)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select: tuple[str, list[tuple[str, str]], list[str]] | None = None
        self._option: tuple[str, list[str]] | None = None
        self._area: tuple[str, list[str]] | None = None
        self._button: tuple[dict[str, str], list[str]] | None = None
        self._link: tuple[str, list[str]] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in {"script", "style"}:
            self._hidden += 1
        elif tag == "form":
            self._form = Form(action=given.get("action", ""), method=given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a":
            self._link = (given.get("href", ""), [])
        elif self._form is None:
            return
        elif tag == "input":
            kind = given.get("type", "text")
            if kind in {"submit", "button"}:
                self._form.buttons.append(
                    (given.get("name", ""), given.get("value", ""), given.get("value", ""), given.get("formaction", ""))
                )
            elif kind in {"checkbox", "radio"}:
                if "name" in given:
                    self._form.choices.setdefault(given["name"], []).append((given.get("value", "on"), ""))
                    if "checked" in given:
                        self._form.fields.append((given["name"], given.get("value", "on")))
            elif "name" in given:
                self._form.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = (given.get("name", ""), [], [])
        elif tag == "option" and self._select:
            self._option = (given.get("value", ""), [])
            if "selected" in given:
                self._select[2].append(given.get("value", ""))
        elif tag == "textarea":
            self._area = (given.get("name", ""), [])
        elif tag == "button":
            self._button = (given, [])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link:
            self.links.append((self._link[0], " ".join("".join(self._link[1]).split())))
            self._link = None
        elif tag == "option" and self._option and self._select:
            self._select[1].append((self._option[0], "".join(self._option[1]).strip()))
            self._option = None
        elif tag == "select" and self._select and self._form:
            name, options, chosen = self._select
            self._form.choices[name] = options
            if options:
                self._form.fields.append((name, chosen[0] if chosen else options[0][0]))
            self._select = None
        elif tag == "textarea" and self._area and self._form:
            self._form.fields.append((self._area[0], "".join(self._area[1]).removeprefix("\n")))
            self._area = None
        elif tag == "button" and self._button and self._form:
            given, words = self._button
            self._form.buttons.append(
                (
                    given.get("name", ""),
                    given.get("value", ""),
                    " ".join("".join(words).split()),
                    given.get("formaction", ""),
                )
            )
            self._button = None

    def handle_data(self, text: str) -> None:
        if self._hidden:
            return
        for holder in (self._option, self._area, self._button, self._link):
            if holder:
                holder[1].append(text)
        self.text.append(text)


class Visitor:
    """One person with cookies. ``url`` and ``html`` are of the page last seen; every step returns ``self``."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar)
        )
        self.url = self.address
        self.status = 0
        self.html = ""
        self.page = _Page()

    def open(self, path: str, content: dict[str, str] | list[tuple[str, str]] | None = None) -> Visitor:
        url = urllib.parse.urljoin(self.url, path)
        request = urllib.request.Request(
            url,
            data=None if content is None else urllib.parse.urlencode(content).encode(),
            headers={"Referer": self.url, "Accept": "text/html"},
        )
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            self.status = answer.status
            self.url = answer.url
            self.html = answer.read().decode("utf-8", "replace")
        self.page = _Page()
        self.page.feed(self.html)
        return self

    @property
    def text(self) -> str:
        return " ".join("".join(self.page.text).split())

    def follow(self, words: str) -> Visitor:
        """The first link whose words contain ``words``."""
        for href, said in self.page.links:
            if words.lower() in said.lower():
                return self.open(href)
        raise AssertionError(f"no link {words!r} on {self.url}: {[said for _, said in self.page.links]}")

    def press(self, button: str, **typed: str | list[str]) -> Visitor:
        """Fill the form that has this button (words contained) and press it. Raises when a name is not on the form."""
        for form in self.page.forms:
            for name, value, words, action in form.buttons:
                if button.lower() in words.lower() and set(typed) <= form.names():
                    kept = [(key, old) for key, old in form.fields if key not in typed]
                    for key, new in typed.items():
                        kept += [(key, one) for one in (new if isinstance(new, list) else [new])]
                    if name:
                        kept.append((name, value))
                    target = action or form.action or self.url
                    if form.method == "get":
                        return self.open(f"{target.split('?')[0]}?{urllib.parse.urlencode(kept)}")
                    return self.open(target, kept)
        seen = [(sorted(form.names()), [words for _, _, words, _ in form.buttons]) for form in self.page.forms]
        raise AssertionError(f"no button {button!r} with {sorted(typed)} on {self.url}: {seen}")
