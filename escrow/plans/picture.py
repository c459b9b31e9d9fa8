"""Where the money of a plan flows: pure geometry for one picture, in whole units of its width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WIDTH = 1000
_FLOW_HEIGHT = 300
_LEFT, _RIGHT, _NODE = 150, 740, 8
_LEAST_SLOT, _GAP = 40, 6
_COSTS = ("forfeit", "cost", "reserved-rent", "sale-tax")
_PRIORITIES = ("home-buyer", "construction", "tax", "secured", "policy")
_ORDER = (*_COSTS, *_PRIORITIES, "ordinary", "doubled-interest", "fee", "unallocated", "surplus")


@dataclass(frozen=True)
class Node:
    """A bar at one side: a lot the money comes from, or a step it goes to."""

    name: str
    amount_minor: int
    x: int
    y: int
    height: int
    label_y: int


@dataclass(frozen=True)
class Band:
    """A stream from a lot to a step; `path` is SVG path data."""

    path: str
    tone: str


@dataclass(frozen=True)
class FlowPicture:
    """The whole picture."""

    height: int
    width: int
    node_width: int
    sources: tuple[Node, ...]
    sinks: tuple[Node, ...]
    bands: tuple[Band, ...]


def draw_flow(file: Mapping[str, Any], output: Mapping[str, Any]) -> FlowPicture:
    """Streams in proportion to their money, from every lot to every step that drew on it."""
    flows = _flows(file, output)
    total = max(1, sum(flows.values()))

    def size(amount: int) -> int:
        return max(1, amount * _FLOW_HEIGHT // total)

    lots = [item["id"] for item in file["proceeds"]]
    steps = [step for step in _ORDER if any(key[1] == step for key in flows)]
    into = {step: sum(v for (_l, s), v in flows.items() if s == step) for step in steps}
    out_of = {lot: sum(v for (o, _s), v in flows.items() if o == lot) for lot in lots}
    sinks = _stack(steps, into, size, x=_RIGHT)
    height = max(_reach(sinks), _reach(_stack(lots, out_of, size, x=_LEFT)))
    sources = _stack(lots, out_of, size, x=_LEFT, height=height)
    return FlowPicture(
        height=height,
        width=WIDTH,
        node_width=_NODE,
        sources=tuple(sources),
        sinks=tuple(sinks),
        bands=tuple(_bands(flows, sources, sinks, size)),
    )


def _flows(file: Mapping[str, Any], output: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How much went from each lot to each step; what no line drew is the rest of its lot."""
    flows: Counter[tuple[str, str]] = Counter()
    left = {
        item["id"]: item["amount"] + (item.get("forfeit") or {}).get("deposit", 0)
        for item in file["proceeds"]
    }
    for line in output["lines"]:
        for lot, amount in line["from"].items():
            flows[lot, line["step"]] += amount
            left[lot] -= amount
    unallocated = output["unallocated"]
    for lot, rest in left.items():
        kept = min(rest, unallocated)
        unallocated -= kept
        flows[lot, "unallocated"] += kept
        flows[lot, "surplus"] += rest - kept
    return Counter({key: amount for key, amount in flows.items() if amount > 0})


def _stack(
    names: Iterable[str], amounts: Mapping[str, int], size: Any, *, x: int, height: int = 0
) -> list[Node]:
    """Bars one under the other, far enough apart for their words."""
    nodes = []
    y = _GAP
    for name in names:
        own = size(amounts[name])
        slot = max(own, _LEAST_SLOT)
        nodes.append(Node(name, amounts[name], x, y + (slot - own) // 2, own, y + slot // 2 + 5))
        y += slot + _GAP
    shift = max(0, (height - y) // 2)
    return [
        Node(n.name, n.amount_minor, n.x, n.y + shift, n.height, n.label_y + shift) for n in nodes
    ]


def _reach(nodes: list[Node]) -> int:
    """How far down a stack goes, its words included."""
    return max((max(n.y + n.height, n.label_y + 15) for n in nodes), default=0) + _GAP


def _bands(
    flows: Counter[tuple[str, str]], sources: list[Node], sinks: list[Node], size: Any
) -> Iterable[Band]:
    begin = {node.name: node.y for node in sources}
    end = {node.name: node.y for node in sinks}
    middle = (_LEFT + _NODE + _RIGHT) // 2
    for sink in sinks:
        for source in sources:
            amount = flows.get((source.name, sink.name), 0)
            if not amount:
                continue
            thick = size(amount)
            top, to = begin[source.name], end[sink.name]
            left = _LEFT + _NODE
            path = (
                f"M{left} {top}C{middle} {top} {middle} {to} {_RIGHT} {to}"
                f"V{to + thick}C{middle} {to + thick} {middle} {top + thick} {left} {top + thick}Z"
            )
            begin[source.name] += thick
            end[sink.name] += thick
            yield Band(path, _tone(sink.name))


def _tone(step: str) -> str:
    if step in _COSTS or step == "fee":
        return "cost"
    if step in _PRIORITIES:
        return "priority"
    return "surplus" if step in {"surplus", "unallocated"} else ""
