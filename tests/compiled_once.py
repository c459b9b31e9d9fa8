"""What thousands of applications of one run have in common is compiled once.

Each test has an application and a database of its own. Werkzeug would write the code of every
route's address anew for each, SQLAlchemy the text of every statement; both depend on nothing that
differs between them, and were half of the time of a run.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, util
from sqlalchemy.engine.default import DefaultDialect
from werkzeug.routing import Rule

_STATEMENTS = 10_000


def compile_rules_once() -> None:
    """The code that builds an address belongs to the rule's text and to the types of its parts."""
    written: dict[Any, Any] = {}
    write = Rule._compile_builder

    def look_up(self: Rule, append_unknown: bool = True) -> Any:
        parts = tuple((name, type(part)) for name, part in self._converters.items())
        defaults = tuple(sorted((self.defaults or {}).items()))
        key = (self.rule, self.subdomain, self.host, defaults, parts, append_unknown)
        if key not in written:
            written[key] = write(self, append_unknown)
        return written[key]

    Rule._compile_builder = look_up  # type: ignore[method-assign]


def compile_statements_once() -> None:
    """Engines of one kind of database share what they have compiled."""
    caches: dict[type, Any] = {}

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        kind = type(connection.dialect)
        connection.engine._compiled_cache = caches.setdefault(kind, util.LRUCache(_STATEMENTS))

    DefaultDialect.__eq__ = _is_same_kind  # type: ignore[method-assign,assignment]
    DefaultDialect.__hash__ = _hash_of_kind  # type: ignore[method-assign]


def _is_same_kind(self: DefaultDialect, other: object) -> bool:
    return type(self) is type(other)


def _hash_of_kind(self: DefaultDialect) -> int:
    return hash(type(self))
