"""`flask --app wsgi demo …`: load the demonstration court, replay a recorded sale."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from auction.core.clock import Clock
from auction.core.config import Settings
from escrow.demo.bidder_socket import NotSignedIn
from escrow.demo.loading import Refused, check_database, load_demo
from escrow.demo.people import BIDDERS, DOMAIN, PASSWORD, STAFF, find_people
from escrow.demo.recorded import Unreadable, read_sale
from escrow.demo.replay import SLOWEST, CannotReplay, replay_sale

demo_commands = AppGroup("demo", help="The demonstration court (DEMO=1 only).")


@demo_commands.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing if it is loaded already.")
def load(*, if_empty: bool) -> None:
    """Load the demonstration court: cases and lots in every state, accounts, practice sales."""
    app = _demo_app()
    try:
        if check_database():
            if if_empty:
                return
            raise Refused("the demonstration court is loaded already")
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    clock: Clock = app.extensions["luochui.clock"]
    began = clock.now()
    click.echo("Loading the demonstration court …")
    load_demo(app, lambda line: click.echo(f"  {line}"))
    click.echo(f"  loaded in {(clock.now() - began).seconds} s")
    if not if_empty:
        _say_accounts()


def _say_accounts() -> None:
    click.echo(f"Password of all: {PASSWORD}")
    for name, shown, role in STAFF:
        click.echo(f"  {name + '@' + DOMAIN:24} {role:9} {shown}")
    click.echo(f"  bidder1@{DOMAIN} … bidder{BIDDERS}@{DOMAIN}")


@demo_commands.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--lot", help="Which lot of the file; the first if not given.")
@click.option(
    "--speed",
    type=click.IntRange(min=SLOWEST),
    default=200,
    show_default=True,
    help="How many times faster than it was.",
)
def replay(file: Path, lot: str | None, speed: int) -> None:
    """Bid a recorded sale (bids.csv, lots.csv beside it) again at the running server."""
    app = _demo_app()
    settings: Settings = app.extensions["luochui.settings"]
    clock: Clock = app.extensions["luochui.clock"]
    try:
        recorded = read_sale(file, lot)
        people = find_people()
        if people is None:
            raise CannotReplay("the demonstration court is not loaded: `demo load` first")
        accepted = replay_sale(recorded, people, clock, settings.public_url, speed, click.echo)
    except (Unreadable, CannotReplay, NotSignedIn, ConnectionError) as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{accepted} of {len(recorded.bids)} bids accepted")


def _demo_app() -> Flask:
    """The application, if this is a demonstration."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    settings: Settings = app.extensions["luochui.settings"]
    if not settings.demo:
        raise click.ClickException("only with DEMO=1: this is not a demonstration")
    return app
