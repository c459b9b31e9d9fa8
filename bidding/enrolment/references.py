"""What a bidder writes on a bank transfer: a number that notices its own typing errors.

Twelve random digits and two check digits by ISO 7064 MOD 97-10, as bank account numbers have: any
one wrong digit and any two exchanged neighbours are found.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

_DIGITS = 12
_FOUND = re.compile(r"R[ -]?(\d{4})[ -]?(\d{4})[ -]?(\d{4})[ -]?(\d{2})(?!\d)", re.IGNORECASE)


def make_reference() -> str:
    """A new reference such as `R48291037556107`."""
    return complete_reference(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}")


def complete_reference(digits: str) -> str:
    """`R`, the digits and their two check digits."""
    check = 98 - int(digits) * 100 % 97
    return f"R{digits}{check:02d}"


def is_reference(text: str) -> bool:
    """Whether `text` is a reference whose check digits fit."""
    return bool(re.fullmatch(rf"R\d{{{_DIGITS + 2}}}", text, re.ASCII)) and int(text[1:]) % 97 == 1


def find_reference(remark: str) -> str | None:
    """The one valid reference in the text of a bank line, or None; spaces and dashes may stand."""
    plain = unicodedata.normalize("NFKC", remark)
    found = {"R" + "".join(match.groups()) for match in _FOUND.finditer(plain)}
    valid = [reference for reference in found if is_reference(reference)]
    return valid[0] if len(valid) == 1 else None
