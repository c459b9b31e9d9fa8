"""Sign a browser in without its password: for tests of everything but signing in."""

from __future__ import annotations

from flask import current_app
from flask.testing import FlaskClient

from auction.accounts.models import User
from auction.accounts.services import sign_in
from auction.accounts.sessions import TOKEN
from auction.core.db import transaction


def sign_in_as(client: FlaskClient, user: User) -> FlaskClient:
    """Give `client` a session of `user`, as `POST /login` does; needs an application context."""
    with transaction():
        token = sign_in(
            user.id,
            now=current_app.extensions["luochui.clock"].now(),
            ip="127.0.0.1",
            agent="test",
        )
    with client.session_transaction() as session:
        session.clear()
        session[TOKEN] = token
    return client


def csrf_of(client: FlaskClient) -> str:
    """The token that forms and calls of this browser must carry."""
    page = client.get("/nowhere").text  # the page that says so carries it like any other
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
