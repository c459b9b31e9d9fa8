"""What should not happen is a DomainError with a stable code; one module maps it to answers."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A named refusal: `code` for programs, `message` a (lazy) sentence for people.

    `status` is the HTTP status; `data` are facts that help the caller to mend the request;
    `field` names the form field at fault, if one is.
    """

    status = 409

    def __init__(
        self,
        code: str,
        message: Any,
        *,
        status: int | None = None,
        field: str | None = None,
        **data: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.data = data
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(DomainError):
    """There is no such thing, or not for this person (the two look the same from outside)."""

    status = 404


class Forbidden(DomainError):
    """The person lacks the right to do this."""

    status = 403


class Invalid(DomainError):
    """What was sent cannot be understood or lies outside its lawful range."""

    status = 422
