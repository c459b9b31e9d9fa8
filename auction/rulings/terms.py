"""What a ruling decides beside its main effect, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auction.rulings.models import Bearer, SetAsideGround


@dataclass(frozen=True)
class DefaultTerms:
    """Whether the defaulter makes up what the deposit does not cover (CN20A-22.2, OPEN-1).

    Contested, so it is the court's decision in each case; `cap_minor` limits it (to the applicant's
    claim, for example).
    """

    tops_up: bool = False
    cap_minor: int | None = None

    def document(self) -> dict[str, Any]:
        """As it is kept with the draft."""
        return {"tops_up": self.tops_up, "cap_minor": self.cap_minor}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> DefaultTerms:
        """From what was kept."""
        return cls(bool(kept["tops_up"]), kept["cap_minor"])


@dataclass(frozen=True)
class SetAsideTerms:
    """Why the sale is undone, who answers for the damage, and whether the buyer may buy again."""

    ground: SetAsideGround
    bearer: Bearer = Bearer.NONE
    bars_buyer: bool = False

    def document(self) -> dict[str, Any]:
        """As it is kept with the draft."""
        return {
            "ground": str(self.ground),
            "bearer": str(self.bearer),
            "bars_buyer": self.bars_buyer,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> SetAsideTerms:
        """From what was kept."""
        return cls(SetAsideGround(kept["ground"]), Bearer(kept["bearer"]), bool(kept["bars_buyer"]))
