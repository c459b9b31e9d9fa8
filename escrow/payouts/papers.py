"""A voucher as PDF: the same voucher gives the same bytes, with the word 作废 once it is void."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from flask import current_app

from auction.notices.typesetting import typeset
from escrow.payouts.models import Voucher


def voucher_pdf(voucher: Voucher) -> bytes:
    """The paper, drawn from what was written when it was issued."""
    content = json.loads(voucher.content)
    day = date.fromisoformat(content["signed_on"])
    told = {
        **content,
        "signed_on": [day.year, day.month, day.day],
        "sha256": voucher.sha256,
        "void": voucher.void_reason if voucher.voided_at is not None else None,
    }
    source = Path(current_app.root_path) / "templates" / "documents" / "voucher.typ"
    return typeset(source, data=json.dumps(told, ensure_ascii=False), qr="", at=voucher.issued_at)
