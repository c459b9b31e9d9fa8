"""A second distribution, written from the page alone and as slowly as it reads.

It shares no code with ``escrow.distribution``: parts are plain dictionaries, the fee is summed
slice by slice in yuan as fractions, and the largest total of a group is found by trying every
total from the top. Where amounts are large the top is lowered first, past totals that are too dear
for a plain reason. Only for valid files.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

PARTS = ("expenses", "interest", "principal", "doubled_interest")
DEBT = PARTS[:3]
SLICES_YUAN = (
    (10_000, 500_000, Fraction(15, 1000)),
    (500_000, 5_000_000, Fraction(1, 100)),
    (5_000_000, 10_000_000, Fraction(5, 1000)),
    (10_000_000, None, Fraction(1, 1000)),
)


def statutory_fee(paid_fen):
    if paid_fen == 0:
        return 0
    yuan = Fraction(paid_fen, 100)
    fee = Fraction(50)
    for low, high, rate in SLICES_YUAN:
        top = yuan if high is None else min(yuan, high)
        fee += max(Fraction(0), top - low) * rate
    return floor(fee * 100)


def hamilton(total, demands):
    """Whole parts first, then unit by unit to the largest fraction that has not had one."""
    whole = sum(demands)
    if not whole:
        return [0] * len(demands)
    quotas = [Fraction(total * demand, whole) for demand in demands]
    shares = [floor(quota) for quota in quotas]
    waiting = {index: quota - floor(quota) for index, quota in enumerate(quotas)}
    for _ in range(total - sum(shares)):
        index = max(waiting, key=lambda place: (waiting[place], -place))
        shares[index] += 1
        del waiting[index]
    return shares


def extra_fee(fee, paid_before, payment):
    if not payment or fee is None:
        return 0
    if fee == "realised":
        return statutory_fee(paid_before + payment) - statutory_fee(paid_before)
    return 0 if paid_before else fee


def share_group(demands, fees, paid_before, money):
    """Return shares, fees and whether everything was paid, by trying every total downwards."""
    members = list(zip(fees, paid_before, strict=True))

    def fees_of(shares):
        return [
            extra_fee(fee, paid, share) for (fee, paid), share in zip(members, shares, strict=True)
        ]

    everything = fees_of(demands)
    if sum(demands) + sum(everything) <= money:
        return list(demands), everything, True
    for total in range(find_top(demands, members, money), -1, -1):
        shares = hamilton(total, demands)
        taken = fees_of(shares)
        if total + sum(taken) <= money:
            return shares, taken, False
    raise AssertionError("nothing costs nothing")


def find_top(demands, members, money):
    """The first total to try; among large amounts not one at which the whole parts cost too much.

    No share is below the whole part of its quota and no fee falls as a share grows, so a total whose
    whole parts alone exceed the money never fits, nor does any above it.
    """
    top, whole = min(money, sum(demands) - 1), sum(demands)
    low = 0
    while top - low > 2_000:
        middle = (low + top) // 2
        parts = [floor(Fraction(middle * demand, whole)) for demand in demands]
        fees = sum(
            extra_fee(fee, paid, part) for (fee, paid), part in zip(members, parts, strict=True)
        )
        low, top = (low, middle - 1) if middle + fees > money else (middle, top)
    return top


class Oracle:
    def __init__(self, file):
        self.file = file
        self.lots = [item["id"] for item in file["proceeds"]]
        self.pots = {}
        self.lines = {}
        self.paid = {claim["id"]: dict.fromkeys(PARTS, 0) for claim in file["claims"]}
        self.fees = {claim["id"]: 0 for claim in file["claims"]}
        self.unallocated = 0
        self.forfeited = 0
        self.unpaid_deductions = {}

    def write(self, to, step, lot, amount, held=False):
        if not amount:
            return
        line = self.lines.setdefault((to, step), {"from": {}, "held": held})
        line["from"][lot] = line["from"].get(lot, 0) + amount
        self.pots[lot] -= amount

    def spend(self, to, step, lots, amount, held=False):
        for lot in lots:
            taken = min(amount, self.pots[lot])
            self.write(to, step, lot, taken, held)
            amount -= taken
        assert amount == 0

    def due(self, claim, parts):
        return sum(claim.get(part, 0) - self.paid[claim["id"]][part] for part in parts)

    def group(self, step, claims, demand_of, parts, lots):
        money = sum(self.pots[lot] for lot in lots)
        demands = [demand_of(claim) for claim in claims]
        so_far = [sum(self.paid[claim["id"]].values()) for claim in claims]
        shares, fees, complete = share_group(
            demands, [claim.get("fee") for claim in claims], so_far, money
        )
        for claim, share, fee in zip(claims, shares, fees, strict=True):
            self.spend(claim["id"], step, lots, share, "held" in claim)
            self.spend(claim["id"] + "/fee", "fee", lots, fee)
            self.fees[claim["id"]] += fee
            self.apportion(claim, parts, share)
        if not complete:
            for lot in lots:
                self.unallocated += self.pots[lot]
                self.pots[lot] = 0

    def apportion(self, claim, parts, amount):
        for part in parts:
            paid = min(amount, claim.get(part, 0) - self.paid[claim["id"]][part])
            self.paid[claim["id"]][part] += paid
            amount -= paid
        assert amount == 0

    def forfeits(self):
        for item in self.file["proceeds"]:
            self.pots[item["id"]] = item["amount"]
            if forfeit := item.get("forfeit"):
                cost = min(forfeit["deposit"], forfeit["costs"])
                gap = max(0, forfeit["original_price"] - item["amount"])
                gap = min(gap, forfeit["deposit"] - cost)
                rest = forfeit["deposit"] - cost - gap
                self.pots[item["id"]] += cost + gap + rest
                self.write(item["id"] + "/forfeit-costs", "forfeit", item["id"], cost)
                self.forfeited += gap + rest

    def deductions(self):
        for kind in ("cost", "reserved-rent", "sale-tax"):
            mine = [item for item in self.file["deductions"] if item["kind"] == kind]
            for item in [one for one in mine if "on" in one]:
                paid = min(item["amount"], self.pots[item["on"]])
                self.write(item["id"], kind, item["on"], paid)
                self.leave(item, paid)
            for item in [one for one in mine if "on" not in one]:
                left = [self.pots[lot] for lot in self.lots]
                paid = min(item["amount"], sum(left))
                for lot, share in zip(self.lots, hamilton(paid, left), strict=True):
                    self.write(item["id"], kind, lot, share)
                self.leave(item, paid)

    def leave(self, item, paid):
        if item["amount"] > paid:
            self.unpaid_deductions[item["id"]] = item["amount"] - paid

    def priorities(self, lot):
        claims = self.file["claims"]

        def on_it(kind):
            return [
                claim
                for claim in claims
                if claim["class"] == kind
                and (lot == claim["on"] or (lot in claim["on"] and isinstance(claim["on"], list)))
            ]

        def whole(claim):
            return self.due(claim, DEBT)

        def limited(claim):
            paid = sum(self.paid[claim["id"]].values())
            return min(whole(claim), claim["limit"] - paid) if "limit" in claim else whole(claim)

        self.group("home-buyer", on_it("home-buyer"), whole, DEBT, [lot])
        self.group(
            "construction",
            on_it("construction"),
            lambda claim: self.due(claim, ("principal",)),
            ("principal",),
            [lot],
        )
        secured = sorted(on_it("secured"), key=lambda claim: claim["rank"])
        place = {}
        for tax in [claim for claim in claims if claim["class"] == "tax"]:
            place[tax["id"]] = None
            for security in secured:
                if security.get("registered_at", "") > tax["arose_at"]:
                    place[tax["id"]] = security["rank"]
                    break
        taxes = [claim for claim in claims if claim["class"] == "tax"]
        for rank in sorted({claim["rank"] for claim in secured}):
            first = [tax for tax in taxes if place[tax["id"]] == rank]
            self.group("tax", first, whole, DEBT, [lot])
            same = [claim for claim in secured if claim["rank"] == rank]
            self.group("secured", same, limited, DEBT, [lot])
        last = [tax for tax in taxes if place[tax["id"]] is None]
        self.group("tax", last, whole, DEBT, [lot])

    def everybody(self, step, parts):
        claims = self.file["claims"]
        if self.file["debtor"] == "individual":
            groups = [claims]
        else:
            days = sorted({claim["attached_at"] for claim in claims if "attached_at" in claim})
            groups = [[one for one in claims if one.get("attached_at") == day] for day in days]
            groups.append([one for one in claims if "attached_at" not in one])
        for group in groups:
            self.group(step, group, lambda claim: self.due(claim, parts), parts, self.lots)

    def plan(self):
        file = self.file
        self.forfeits()
        self.deductions()
        for lot in self.lots:
            self.priorities(lot)
        policy = [claim for claim in file["claims"] if claim["class"] == "policy"]
        self.group("policy", policy, lambda claim: self.due(claim, DEBT), DEBT, self.lots)
        self.everybody("ordinary", DEBT)
        self.everybody("doubled-interest", PARTS[3:])
        left = sum(self.pots.values())
        kept = min(left, self.forfeited)
        return {
            "format": "plan/1",
            "currency": file["currency"],
            "total": sum(
                item["amount"] + item.get("forfeit", {}).get("deposit", 0)
                for item in file["proceeds"]
            ),
            "lines": [self.show_line(*key) for key in self.lines],
            "claims": [self.show_claim(claim) for claim in file["claims"]],
            "unpaid_deductions": self.unpaid_deductions,
            "set_off": self.set_offs(),
            "unallocated": self.unallocated + kept,
            "surplus": left - kept,
        }

    def show_line(self, to, step):
        line = self.lines[to, step]
        shown = {
            "to": to,
            "step": step,
            "amount": sum(line["from"].values()),
            "from": line["from"],
        }
        return shown | {"held": True} if line["held"] else shown

    def show_claim(self, claim):
        paid = self.paid[claim["id"]]
        return {
            "id": claim["id"],
            "paid": sum(paid.values()),
            **paid,
            "fee": self.fees[claim["id"]],
            "unpaid": self.due(claim, PARTS),
        }

    def set_offs(self):
        used = {}
        shown = []
        for item in self.file["proceeds"]:
            if set_off := item.get("set_off"):
                name = set_off["claim"]
                usable = sum(self.paid[name].values()) - used.get(name, 0)
                applied = min(set_off["amount"], usable)
                used[name] = used.get(name, 0) + applied
                shown.append(
                    {
                        "proceeds": item["id"],
                        "claim": name,
                        "applied": applied,
                        "top_up": set_off["amount"] - applied,
                    }
                )
        return shown


def distribute(file):
    """Return the plan of a small valid file, as the page says it."""
    return Oracle(file).plan()
