"""What the demonstration adds to the application: commands, and the endless practice sales."""

from __future__ import annotations

from flask import Flask

import escrow.demo.practice  # noqa: F401  # its handlers must be known from the start
from escrow.demo.cli import demo_commands


def register(app: Flask) -> None:
    """Attach the commands; the simulator is mounted by the application factory."""
    app.cli.add_command(demo_commands)
