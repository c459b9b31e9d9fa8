"""A person's browser without scripts: reads a page, follows its links, sends its forms.

What a form sends is what stands in it, hidden fields and token included, with what the person
typed over it; a name that is not on the form is a mistake of the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from processes import wait_until

PATIENCE_SECONDS = 20

Attributes = dict[str, str | None]


@dataclass
class Field:
    """One field as the page shows it; `options` are the values and words of a select."""

    name: str
    kind: str
    value: str = ""
    is_chosen: bool = False
    options: list[list[str]] = field(default_factory=list)

    def sent(self, given: Any) -> Iterator[str]:
        """What goes out for this field, `given` being what was typed, or None."""
        if self.kind in {"radio", "checkbox"}:
            wanted = self.is_chosen if given is None else given is True or given == self.value
            yield from [self.value] if wanted else []
        elif self.kind == "select" and given is not None:
            found = [value for value, words in self.options if given == value or given in words]
            assert found, f"{self.name} does not offer {given!r}: {self.options}"
            yield found[0]
        elif self.kind != "file":
            yield self.value if given is None else str(given)


@dataclass
class PageForm:
    """A form with its fields, in order, and the words on its buttons."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)

    def fill(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """All that the form sends; a field answers to its name with or without its prefix."""
        unknown = {key for key in values if not any(_answers(f.name, key) for f in self.fields)}
        assert not unknown, f"{self.action} asks for no {unknown}: {[f.name for f in self.fields]}"
        pairs = []
        for one in self.fields:
            given = next((v for key, v in values.items() if _answers(one.name, key)), None)
            pairs += [(one.name, text) for text in one.sent(given)]
        return pairs

    def value_of(self, name: str) -> str:
        """What stands in the field of this name."""
        return next(one.value for one in self.fields if one.name == name)


def _answers(name: str, key: str) -> bool:
    return name == key or name.endswith(f"-{key}")


class PageReader(HTMLParser):
    """The words, links and forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[list[str]] = []
        self._words: list[str] = []
        self._form: PageForm | None = None
        self._select: Field | None = None
        self._area: Field | None = None
        self._inside: set[str] = set()
        self.feed(html)
        self.text = " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside.add(tag)
        if tag == "a":
            self.links.append([values.get("href") or "", ""])
        elif tag == "form":
            method = (values.get("method") or "get").lower()
            self._form = PageForm(values.get("action") or "", method)
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_field(self._form, tag, values)

    def _read_field(self, form: PageForm, tag: str, values: Attributes) -> None:
        if tag == "button":
            form.buttons.append("")
        elif tag == "option" and self._select is not None:
            value = values.get("value") or ""
            self._select.options.append([value, ""])
            if "selected" in values or len(self._select.options) == 1:
                self._select.value = value
        elif tag in {"input", "select", "textarea"} and values.get("name"):
            kind = values.get("type") or "text" if tag == "input" else tag
            value = values.get("value")
            if value is None:
                value = "on" if kind == "checkbox" else ""
            found = Field(values["name"] or "", kind, value, "checked" in values)
            form.fields.append(found)
            self._select = found if tag == "select" else self._select
            self._area = found if tag == "textarea" else self._area

    def handle_endtag(self, tag: str) -> None:
        self._inside.discard(tag)
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # The first line break of a text area belongs to the markup.
            self._area.value = re.sub(r"^\r?\n", "", self._area.value)
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data
        if self._inside & {"script", "style"}:
            return
        self._words.append(data)
        if "a" in self._inside:
            self.links[-1][1] += data
        if "option" in self._inside and self._select is not None:
            self._select.options[-1][1] += data.strip()
        if "button" in self._inside and self._form is not None and self._form.buttons:
            self._form.buttons[-1] += data


class FormBrowser:
    """Somebody with a session of their own and a page before them."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.session = requests.Session()
        self.address = url
        self.page = PageReader("")

    def go(self, path: str) -> None:
        """Open an address of the platform."""
        self._show(self.session.get(urljoin(self.url, path), timeout=PATIENCE_SECONDS))

    def follow(self, words: str) -> None:
        """Follow the first link with these words."""
        found = [href for href, said in self.page.links if words in said]
        assert found, f"{self.name}: no link {words!r} on {self.address}"
        self.go(urljoin(self.address, found[0]))

    def press(
        self,
        words: str,
        values: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        comes_back: bool = True,
    ) -> None:
        """Fill in the form whose button begins with these words, and send it.

        With `comes_back=False` one closes the window instead of following where the answer leads.
        """
        form = self.form(words)
        assert form is not None, f"{self.name}: no button {words!r} on {self.address}"
        self.send(form, form.fill(values or {}), files=files, comes_back=comes_back)

    def send(
        self,
        form: PageForm,
        pairs: list[tuple[str, str]],
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        comes_back: bool = True,
    ) -> None:
        """Send these values to where the form goes, whosever page it stands on."""
        target = urljoin(self.address, form.action)
        if form.method == "get":
            self._show(self.session.get(target, params=pairs, timeout=PATIENCE_SECONDS))
            return
        parts = urlsplit(self.address)
        answer = self.session.post(
            target,
            data=pairs,
            files=files,
            headers={"Origin": f"{parts.scheme}://{parts.netloc}"},
            allow_redirects=comes_back,
            timeout=PATIENCE_SECONDS,
        )
        self._show(answer)

    def form(self, words: str) -> PageForm | None:
        """The first form of the page whose button begins with these words, if there is one."""
        for form in self.page.forms:
            if any(button.strip().startswith(words) for button in form.buttons):
                return form
        return None

    def sees(self, *words: str) -> None:
        """All of it stands on the page."""
        missing = [one for one in words if one not in self.page.text]
        assert not missing, f"{self.name} misses {missing} on {self.address}:\n{self.page.text}"

    def comes_to_see(self, path: str, words: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Open the page again and again until the words stand on it."""

        def look() -> bool:
            self.go(path)
            return words in self.page.text

        wait_until(look, seconds, f"{self.name}: {words!r} on {path}", pause=0.25)

    def _show(self, answer: requests.Response) -> None:
        self.page = PageReader(answer.text)
        self.address = answer.url
        assert answer.status_code < 400, (
            f"{self.name}: {answer.status_code} {answer.url}\n{self.page.text}"
        )
