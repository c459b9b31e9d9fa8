"""Public pages are asked for again cheaply: same figures, same ETag, no new rendering (P1, P9)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, make_response, request
from flask_login import current_user

from auction.core.i18n import current_lang

# A countdown drawn by the server is at most so old; scripts keep it exact.
GRAIN_SECONDS = 10


def answer_public(facts: object, now: datetime, draw: Callable[[], str]) -> Response:
    """Draw the page, or answer 304 where an anonymous reader has it already.

    `facts` must hold all that the page shows; whoever is signed in always gets a fresh page.
    """
    if current_user.is_authenticated or "_flashes" in _session_keys():
        return make_response(draw())
    tag = hashlib.sha256(
        repr(
            (
                facts,
                current_lang(),
                request.full_path,
                int(now.timestamp()) // GRAIN_SECONDS,
                _edition(str(current_app.template_folder), current_app.root_path),
            )
        ).encode()
    ).hexdigest()[:32]
    answer = Response()
    answer.set_etag(tag)
    if tag not in request.if_none_match:
        answer = make_response(draw())
        answer.set_etag(tag)
    # Asked again every time: a sale that has just ended must not look open to whoever reloads.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers.add("Vary", "Cookie, Accept-Language")
    return answer.make_conditional(request)  # type: ignore[return-value]  # it returns itself


def _session_keys() -> set[str]:
    from flask import session

    return set(session)


@lru_cache(maxsize=4)
def _edition(folder: str, root: str) -> str:
    """Changes with any template: a new edition of the site draws every page anew."""
    found = hashlib.sha256()
    for path in sorted((Path(root) / folder).rglob("*.html")):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
