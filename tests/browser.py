"""People in front of chromium: each with a browser of their own, each watched for what goes wrong.

A page must never speak on the console, break the content policy, ask for what is not there or
answer with a server error; whoever does so fails the test in which it happened, by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect as expect  # one import for the journeys
from processes import ROOT, require_service

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
PATIENCE_MS = 10_000
PICTURES = "JOURNEY_PICTURES"
"""Environment variable: the folder in which the journeys leave their pictures, if it is set."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_RESOURCE = re.compile(r"^Failed to load resource")  # the answers themselves are looked at
_OFFLINE = "net::ERR_INTERNET_DISCONNECTED"


@contextmanager
def launch_chromium(folder: Path) -> Iterator[Browser]:
    """Debian's chromium, able to show Chinese; the test is skipped by name where there is none."""
    program = require_service("chromium")
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{Path(pylopdf_fonts_zh_cn.sans_path()).parent}</dir>"
        f"<cachedir>{folder / 'font-cache'}</cachedir></fontconfig>"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=FLAGS,
            env={**os.environ, "FONTCONFIG_FILE": str(fonts), "LANG": "zh_CN.UTF-8"},
        )
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody with a browser: a context, a page in it, and all that went wrong there."""

    def __init__(
        self, browser: Browser, url: str, name: str, *, phone: bool = False, scripts: bool = True
    ) -> None:
        self.name = name
        self.url = url
        self.complaints: list[str] = []
        self.is_offline = False
        self.context = browser.new_context(
            base_url=url,
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._hear_console)
        self.context.on("weberror", lambda error: self._complain(f"script: {error.error}"))
        self.context.on("response", self._look_at_answer)
        self.page: Page = self.context.new_page()

    # ── what goes wrong ─────────────────────────────────────────────────────────────────────────

    def _complain(self, text: str) -> None:
        self.complaints.append(f"{self.name}: {text}")

    def _hear_console(self, message: ConsoleMessage) -> None:
        """Warnings count too: a content policy reports itself in either way."""
        if message.type not in {"error", "warning"} or _RESOURCE.match(message.text):
            return
        if self.is_offline and _OFFLINE in message.text:
            return
        self._complain(f"console: {message.text} ({message.location.get('url')})")

    def _look_at_answer(self, response: Response) -> None:
        """Forms that come back for correction answer 422; nothing else may be refused."""
        if response.status >= 400 and response.status != 422:
            self._complain(f"{response.status} {response.request.method} {response.url}")

    @contextmanager
    def refused_with(self, status: int) -> Iterator[None]:
        """Inside, one answer of this status is what should happen."""
        before = len(self.complaints)
        yield
        fresh = self.complaints[before:]
        assert [text for text in fresh if f": {status} " in text], f"{self.name}: not {status}"
        self.complaints[before:] = [text for text in fresh if f": {status} " not in text]

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Inside, this browser has no network."""
        self.is_offline = True
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)

    # ── moving about ────────────────────────────────────────────────────────────────────────────

    def go(self, path: str) -> Page:
        """Open an address of the platform."""
        try:
            answer = self.page.goto(path)
        except PlaywrightError as error:
            if "interrupted by another navigation" not in error.message:
                raise
            answer = self.page.goto(path)  # the page had just begun to read itself again
        assert answer is None or answer.status < 400, f"{self.name}: {answer.status} {path}"
        return self.page

    def press(self, name: str | re.Pattern[str], scope: Locator | None = None) -> None:
        """Press the button of this name."""
        (scope or self.page).get_by_role("button", name=name).first.click()

    def follow(self, name: str | re.Pattern[str], scope: Locator | None = None) -> None:
        """Follow the link of this name."""
        (scope or self.page).get_by_role("link", name=name).first.click()

    def unfold(self, name: str, *, number: int = 0) -> Locator:
        """Open a folded part of the page, and return it."""
        part = self.page.locator("details", has=self.page.locator("summary", has_text=name))
        part = part.nth(number)
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
        return part

    def fill(self, values: Mapping[str, Any], scope: Locator | None = None) -> None:
        """Fill in a form, each value by the name of its field, as the kind of field asks for."""
        for name, value in values.items():
            fields = (scope or self.page.locator("main")).locator(f'[name="{name}"]')
            kind = fields.first.evaluate("field => field.type")
            if kind in {"radio", "checkbox"}:
                chosen = {str(one) for one in (value if isinstance(value, list) else [value])}
                for one in fields.all():
                    if value is True or one.get_attribute("value") in chosen:
                        one.check()
            elif kind == "select-one":
                fields.select_option(str(value))
            elif kind == "file":
                fields.set_input_files(value)
            else:
                fields.fill(str(value))

    def sees(self, text: str | re.Pattern[str]) -> None:
        """The text stands on the page, or does so soon."""
        expect(self.page.locator("body")).to_contain_text(text)

    def sees_not(self, text: str | re.Pattern[str]) -> None:
        """The text does not stand on the page."""
        expect(self.page.locator("body")).not_to_contain_text(text)

    def heading(self) -> str:
        """The page's title."""
        return self.page.locator("h1").first.inner_text()

    # ── pictures and accessibility ──────────────────────────────────────────────────────────────

    def shoot(self, name: str) -> None:
        """Leave a picture of the page, wide and on the phone, where pictures are wanted."""
        folder = os.environ.get(PICTURES)
        if not folder:
            return
        was = self.page.viewport_size
        for kind, size in (("wide", WIDE), ("phone", PHONE)):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            path = Path(folder) / f"{name}-{kind}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=path, full_page=kind == "wide")
            if kind == "phone":
                self.page.screenshot(path=path, full_page=True)
        if was:
            self.page.set_viewport_size(was)

    def check_pages(self, paths: Mapping[str, str]) -> list[str]:
        """Where pages break WCAG or do not fit the screen: both languages, phone and desk."""
        faults: list[str] = []
        page = self.context.new_page()
        for name, path in paths.items():
            for lang in ("zh", "en"):
                page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
                page.evaluate(AXE.read_text())
                for width, size in ((360, PHONE), (1280, WIDE)):
                    page.set_viewport_size(size)  # type: ignore[arg-type]
                    faults += [f"{name} {lang} {width}: {fault}" for fault in find_faults(page)]
        page.goto("/?lang=zh")
        page.close()
        return faults

    def close(self) -> None:
        """Leave; whatever went wrong on the way comes out."""
        self.context.close()


def find_faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands, and whether it is wider than the screen."""
    found = page.evaluate(
        "async tags => (await axe.run(document, {runOnly: {type: 'tag', values: tags}}))"
        ".violations.map(v => v.id + ' ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') "
        "+ ': ' + n.html.slice(0, 160)).join(' | '))",
        AXE_TAGS,
    )
    over = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*found, *([f"{over} px wider than the screen"] if over > 0 else [])]


class Town:
    """All people of a story; none of them may have met anything wrong when it ends."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.people: list[Person] = []

    def person(self, name: str, **how: Any) -> Person:
        """Somebody new, with a browser of their own."""
        one = Person(self.browser, self.url, name, **how)
        self.people.append(one)
        return one

    def complaints(self) -> list[str]:
        """All that went wrong in any browser."""
        return [text for one in self.people for text in one.complaints]

    def close(self) -> None:
        """Everybody leaves."""
        for one in self.people:
            one.close()


def leave_pictures_on_failure(town: Town, folder: Path, request: pytest.FixtureRequest) -> None:
    """Where a journey broke off: what each person saw last."""
    report = getattr(request.node, "report_call", None)
    if report is None or not report.failed:
        return
    for one in town.people:
        if not one.page.is_closed():
            path = folder / f"{one.name}.png"
            one.page.screenshot(path=path, full_page=True)
            print(f"{one.name} last saw {one.page.url}: {path}")
