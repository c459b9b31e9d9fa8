"""Simplified Chinese is the source language; English is a catalogue. The switch keeps the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel import Babel, force_locale, gettext, lazy_gettext, ngettext

__all__ = [
    "LANGS",
    "current_lang",
    "force_lang",
    "gettext",
    "init_i18n",
    "lazy_gettext",
    "ngettext",
]

LANGS = ("zh", "en")
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def current_lang() -> str:
    """`zh` or `en`: a forced one, the explicit choice, what the browser asks for, Chinese."""
    forced: str | None = g.get("forced_lang") if has_app_context() else None
    if forced is not None:
        return forced
    if not has_request_context():
        return "zh"
    chosen = request.args.get("lang") or request.cookies.get("lang")
    if chosen in LANGS:
        return chosen
    return request.accept_languages.best_match(LANGS) or "zh"


def locale_of(lang: str) -> str:
    """Babel's name of one of our two languages."""
    return _LOCALES[lang]


@contextmanager
def force_lang(lang: str) -> Iterator[None]:
    """Render what follows in `lang`, dates too, whoever asks (documents, mails, socket answers)."""
    before = g.get("forced_lang")
    g.forced_lang = lang
    try:
        with force_locale(locale_of(lang)):
            yield
    finally:
        g.forced_lang = before


def init_i18n(app: Flask) -> None:
    """Attach the catalogues and the choice of language."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh_Hans_CN")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = f"{app.root_path}/translations"
    Babel(app, locale_selector=lambda: locale_of(current_lang()))
