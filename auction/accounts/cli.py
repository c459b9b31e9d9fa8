"""What an operator does to accounts at the command line: `flask --app wsgi account …`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from auction.accounts import services
from auction.accounts.models import User
from auction.accounts.passwords import check_new_password, hash_password
from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.forms import normal_mail
from auction.courts.models import Court

accounts_cli = AppGroup("account", help="Open, close and empower accounts of staff.")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn a refusal into one line on standard error and exit status 1."""
    try:
        yield
    except DomainError as error:
        raise click.ClickException(str(error.message)) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@accounts_cli.command("create")
@click.argument("email")
@click.option("--name", required=True, help="Name shown on the pages.")
@click.option(
    "--role", "roles", multiple=True, required=True, help="clerk, judge, finance, auditor, …"
)
@click.option("--court", "court_code", help="Code of the court; clerk, judge and finance need it.")
@click.password_option(help="Asked for if not given.")
def create(
    email: str, name: str, roles: tuple[str, ...], court_code: str | None, password: str
) -> None:
    """Open an account of staff."""
    with one_line_errors():
        mail = normal_mail(email)
        wanted = [_role(role) for role in roles]
        check_new_password(password, mail, name)
        password_hash = hash_password(password)
        with transaction():
            user = services.create_staff(
                email=mail,
                password_hash=password_hash,
                display_name=name.strip(),
                roles=wanted,
                court_id=_court_id(court_code),
                actor_id=None,
                now=current_app.extensions["luochui.clock"].now(),
            )
    click.echo(f"created {user.email}")


@accounts_cli.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Close an account and end all its sessions."""
    with one_line_errors():
        user_id = _account(email).id
        with transaction():
            services.deactivate_account(
                user_id, actor_id=None, now=current_app.extensions["luochui.clock"].now()
            )
    click.echo(f"deactivated {email}")


@accounts_cli.command("grant")
@click.argument("email")
@click.argument("role")
def grant(email: str, role: str) -> None:
    """Give an account one more role."""
    with one_line_errors():
        wanted = _role(role)
        user_id = _account(email).id
        with transaction():
            services.grant_role(
                user_id,
                wanted,
                actor_id=None,
                now=current_app.extensions["luochui.clock"].now(),
            )
    click.echo(f"granted {wanted} to {email}")


def _role(name: str) -> Role:
    known = [role.value for role in services.STAFF_ROLES]
    if name not in known:
        raise ValueError(f"unknown role {name!r}; known are {', '.join(known)}")
    return Role(name)


def _court_id(code: str | None) -> int | None:
    if code is None:
        return None
    found = db.session.scalar(select(Court.id).where(Court.code == code))
    if found is None:
        raise ValueError(f"no court with code {code!r}")
    return found


def _account(email: str) -> User:
    user = services.find_user(email)
    if user is None:
        raise ValueError(f"no account with address {email!r}")
    return user
