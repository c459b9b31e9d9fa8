"""Take the README's pictures: a demonstration court of its own, chromium, both languages.

Writes docs/tour/<page>-<language>-<width>.png, quantised, and the table between the README's
`<!-- tour -->` marks.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pylopdf_fonts_zh_cn
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TARGET = ROOT / "docs" / "tour"
PASSWORD = "demo-only-2026"  # noqa: S105  # the demonstration's, printed in the README
SIZES = {"wide": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class Stop:
    """One picture: its name and caption, who looks, and how to get there."""

    name: str
    caption: str
    who: str | None
    path: str
    scroll_to: str = "body"


def stops(ask: Page) -> list[Stop]:
    """The pages worth showing, found in the demonstration court as it stands."""

    def lot(status: str, *, practice: bool = False, most_bids: bool = False) -> str:
        answer = ask.request.get(f"/api/v1/lots?status={status}&per_page=100").json()["lots"]
        rows = [row for row in answer if bool(row["practice"]) is practice]
        rows.sort(key=lambda row: row["number"])
        if most_bids:
            rows.sort(key=lambda row: (row["category"] != "home", -row["bids"]))
        return str(rows[0]["number"])

    hot, sold = lot("open", most_bids=True), lot("sold", most_bids=True)
    return [
        Stop("home", "Home", None, "/"),
        Stop("lot", "A lot", None, f"/lots/{hot}"),
        Stop("room", "The live room", "bidder1", f"/lots/{lot('open', practice=True)}"),
        Stop("enrolment", "Enrolling", "bidder15", f"/lots/{lot('scheduled')}/enrol"),
        Stop("replay", "A sale replayed", None, f"/lots/{sold}/replay"),
        Stop("case", "The clerk's case", "clerk", oldest_case(ask)),
        Stop("sale", "Drafting a sale", "clerk", sale_link(ask) + "/edit", "form .section"),
        Stop("panel", "The panel's vote", "judge3", first_link(ask, "judge3", "/court/panel")),
        Stop("plan", "A distribution plan", "finance2", plan_link(ask), ".flow"),
    ]


def links(ask: Page, who: str, path: str, pattern: str) -> list[str]:
    """Addresses on a page that fit `pattern`, as `who` sees it."""
    context = signed_in(ask.context.browser, str(ask.url), who)
    page = context.pages[0]
    page.goto(path)
    found = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
    context.close()
    return [href for href in found if re.fullmatch(pattern, href)]


def first_link(ask: Page, who: str, path: str) -> str:
    """The first thing listed on a page."""
    return links(ask, who, path, rf"{path.rstrip('/')}/\d+")[0]


def oldest_case(ask: Page) -> str:
    """The case with the longest history."""
    page = 1
    found = [""]
    while more := links(ask, "clerk", f"/court/cases/?page={page}", r"/court/cases/\d+"):
        found, page = more, page + 1
    return found[-1]


def sale_link(ask: Page) -> str:
    """A drafted sale of the clerk's."""
    for href in links(ask, "clerk", "/court", r"/court/sales/[A-Z0-9-]+"):
        context = signed_in(ask.context.browser, str(ask.url), "clerk")
        status = context.request.get(f"{href}/edit").status
        context.close()
        if status == 200:
            return href
    raise LookupError("no drafted sale")


def plan_link(ask: Page) -> str:
    """The plan with the most to show: the newest case that has one."""
    for case in links(ask, "finance2", "/finance/cases", r"/finance/cases/\d+"):
        plans = links(ask, "finance2", case, r"/finance/plans/\d+")
        if plans:
            return plans[0]
    raise LookupError("no plan")


def signed_in(browser: Browser | None, url: str, who: str) -> BrowserContext:
    """A browser of `who`, signed in, wide, in Chinese."""
    assert browser is not None
    base = re.match(r"https?://[^/]+", url)
    assert base is not None
    context = browser.new_context(base_url=base[0], viewport=SIZES["wide"])  # type: ignore[arg-type]
    sign_in(context.new_page(), who)
    return context


def sign_in(page: Page, who: str) -> None:
    """Sign in through the form."""
    page.goto("/login")
    page.fill("[name=email]", f"{who}@demo.example")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def bid_a_little(browser: Browser, url: str, lot: str) -> None:
    """A few bids of two people, so that the live room has something to show."""
    people = [signed_in(browser, url, who) for who in ("bidder2", "bidder3")]
    for turn in range(7):
        page = people[turn % 2].pages[0]
        page.goto(f"/lots/{lot}")
        token = page.get_attribute("meta[name=csrf-token]", "content") or ""
        state = page.request.get(f"/api/v1/lots/{lot}").json()["state"]
        page.request.post(
            f"/api/v1/lots/{lot}/bids",
            headers={"X-CSRF-Token": token, "Origin": url, "Content-Type": "application/json"},
            data=json.dumps({"amount": state["minimum"], "key": secrets.token_hex(8)}),
        )
    for context in people:
        context.close()


def take(browser: Browser, url: str, stop: Stop) -> None:
    """All four pictures of one page."""
    for lang in ("zh", "en"):
        for size, viewport in SIZES.items():
            context = browser.new_context(base_url=url, viewport=viewport)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"/?lang={lang}")
            if stop.who:
                sign_in(page, stop.who)
            page.goto(stop.path)
            page.wait_for_load_state("load")
            page.eval_on_selector(
                stop.scroll_to, "e => scrollTo(0, e.offsetTop && e.offsetTop - 80)"
            )
            page.wait_for_timeout(1200)
            picture = Image.open(io.BytesIO(page.screenshot()))
            small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
            small.save(TARGET / f"{stop.name}-{lang}-{size}.png", optimize=True)
            context.close()


def write_table(shown: list[Stop]) -> None:
    """The tour of the README: wide pictures in both languages, phones beside them."""
    lines = []
    for stop in shown:
        cells = [
            f'<img src="docs/tour/{stop.name}-{lang}-{size}.png" alt="{stop.caption}, '
            f'{ {"zh": "Chinese", "en": "English"}[lang] }, {size}" '
            f'width="{ {"wide": 380, "phone": 120}[size] }">'
            for lang, size in (("zh", "wide"), ("zh", "phone"), ("en", "wide"), ("en", "phone"))
        ]
        lines.append(f"**{stop.caption}**\n\n{' '.join(cells)}\n")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    table = "<!-- tour -->\n" + "\n".join(lines) + "<!-- /tour -->"
    whole = re.compile(r"<!-- tour -->.*<!-- /tour -->", re.DOTALL)
    readme.write_text(whole.sub(lambda _match: table, text), encoding="utf-8")


@contextmanager
def demonstration() -> Iterator[str]:
    """A demonstration court of its own, served until the pictures are taken."""
    folder = Path(tempfile.mkdtemp(prefix="luochui-tour-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {
        **os.environ,
        "DEMO": "1",
        "PORT": str(port),
        "PUBLIC_URL": url,
        "DATABASE_URL": f"sqlite:///{folder}/tour.db",
        "UPLOAD_DIR": str(folder / "files"),
    }
    for words in (("db", "upgrade"), ("demo", "load")):
        subprocess.run([BIN / "flask", "--app", "wsgi", *words], cwd=ROOT, env=settings, check=True)
    server = subprocess.Popen(
        [BIN / "gunicorn", "-c", "gunicorn.conf.py", "wsgi:create_app()"], cwd=ROOT, env=settings
    )
    try:
        wait_for(f"{url}/healthz")
        yield url
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(address: str) -> None:
    """Return once the server answers."""
    for _ in range(100):
        try:
            with urlopen(address, timeout=2):  # noqa: S310  # our own loopback address
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the server did not come up")


def main() -> None:
    """Take every picture, then write the README's table."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("make tour needs chromium: apt-get install chromium")
    TARGET.mkdir(parents=True, exist_ok=True)
    with (
        demonstration() as url,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as d,
    ):
        fonts = Path(d) / "fonts.conf"
        fonts.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
            f"<dir>{Path(pylopdf_fonts_zh_cn.sans_path()).parent}</dir>"
            f"<cachedir>{d}/cache</cachedir></fontconfig>"
        )
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu"],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        ask = browser.new_context(base_url=url).new_page()
        ask.goto("/")
        shown = stops(ask)
        bid_a_little(browser, url, shown[2].path.rsplit("/", 1)[1])
        for stop in shown:
            take(browser, url, stop)
            print(f"{stop.name}: {stop.path}")
        browser.close()
    write_table(shown)


if __name__ == "__main__":
    main()
