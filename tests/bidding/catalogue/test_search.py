"""The catalogue's search: every filter beside its counter-example, and nonsense does no harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_asset, make_case, make_court, make_lot, make_sale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_room import make_room
from public_scene import close_room, make_sold
from werkzeug.datastructures import MultiDict

from auction.assets.models import Category
from bidding.catalogue.criteria import Criteria, read_criteria
from bidding.catalogue.queries import find_lots


@pytest.fixture
def scene(app, clock):
    """A home that is open, a car that comes, in two courts and regions; a sold home."""
    sold = make_sold(app, clock)
    north = make_case(clock.now(), court=make_court(clock.now(), code="NORTH"))
    home = make_asset(
        clock.now(), case=north, title="春江花园住宅", region="北市", title_en="Riverside House"
    )
    car = make_asset(
        clock.now(), title="奥迪轿车 100%_新", region="南市", category=Category.VEHICLE
    )
    now = clock.now()
    open_sale = make_sale(
        now,
        lot=make_lot(now, asset=home),
        opens_at=now - timedelta(hours=1),
        start_price_minor=20_000_000,
    )
    coming = make_sale(
        now,
        lot=make_lot(now, asset=car),
        opens_at=now + timedelta(days=2),
        start_price_minor=9_000_000,
        stage="second",
    )
    return {"sold": sold.lot, "home": open_sale.lot.number, "car": coming.lot.number}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"sold", "home", "car"}),
        ("q=春江", {"home"}),
        ("q=房产", {"home", "sold"}),
        ("q=车", {"car"}),
        ("q=riverside", {"home"}),
        ("q=北市 春江", {"home"}),
        ("q=北市 奥迪", set()),
        ("q=100%25_新", {"car"}),
        ("q=%25", {"car"}),
        ("q=_", {"car"}),
        ("q='", set()),
        ("category=vehicle", {"car"}),
        ("category=vehicle&category=home", {"sold", "home", "car"}),
        ("court=NORTH", {"home"}),
        ("region=南市", {"car"}),
        ("stage=second", {"car"}),
        ("status=open", {"home"}),
        ("status=scheduled", {"car"}),
        ("status=sold", {"sold"}),
        ("status=open&status=scheduled", {"home", "car"}),
        ("status=suspended", set()),
        ("min=15万", {"home", "sold"}),
        ("max=15万", {"car"}),
        ("min=150000&max=300,000", {"home"}),
        ("category=rocket", {"sold", "home", "car"}),
        ("status=draft", {"sold", "home", "car"}),
        ("min=abc&max=-5&page=-3&sort=rm", {"sold", "home", "car"}),
        ("practice=1", set()),
        ("practice=0", {"sold", "home", "car"}),
    ],
)
def test_filters(client, scene, query, found):
    page = client.get(f"/lots?{query}")
    assert page.status_code == 200
    shown = {name for name, number in scene.items() if f'href="/lots/{number}"' in page.text}
    assert shown == found
    assert f"找到 {len(found)} 个标的" in page.text


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("soonest", ["home", "car", "sold"]),
        ("cheapest", ["car", "home", "sold"]),
        ("dearest", ["sold", "home", "car"]),
        ("busiest", ["sold"]),
    ],
)
def test_orders(app, clock, scene, sort, order):
    rows, _total = find_lots(Criteria(sort=sort), clock.now(), "zh")
    names = {number: name for name, number in scene.items()}
    assert [names[row.number] for row in rows][: len(order)] == order


def test_pages_hold_each_lot_once(app, clock):
    numbers = {make_sale(clock.now()).lot.number for _ in range(5)}
    seen = []
    for page in (1, 2, 3):
        rows, total = find_lots(Criteria(page=page), clock.now(), "zh", per_page=2)
        assert total == 5
        seen += [row.number for row in rows]
    assert sorted(seen) == sorted(numbers)
    beyond, _total = find_lots(Criteria(page=9), clock.now(), "zh", per_page=2)
    assert beyond  # a page beyond the last shows the last


def test_a_lot_stands_once_with_its_newest_sale(app, client, clock):
    room = make_room(app, clock.now())
    close_room(room, clock)
    make_sale(clock.now(), lot=room.sale.lot, stage="second", start_price_minor=56_000_000)
    rows, total = find_lots(Criteria(), clock.now(), "zh")
    assert total == 1
    assert (rows[0].stage, rows[0].price_minor, rows[0].status) == (
        "second",
        56_000_000,
        "scheduled",
    )


texts = st.text(max_size=30)


@given(
    st.dictionaries(
        st.sampled_from(
            ["q", "category", "court", "region", "stage", "status", "min", "max", "sort", "page"]
        ),
        texts,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_address_is_a_search(args):
    criteria = read_criteria(MultiDict(args))
    assert criteria.page >= 1
    again = read_criteria(MultiDict(_pairs(criteria.query())))
    assert again == criteria


@given(q=texts, region=texts, page=texts)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_search_breaks_the_page(client, q, region, page):
    answer = client.get("/lots", query_string={"q": q, "region": region, "page": page})
    assert answer.status_code == 200


def _pairs(query: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(query, keep_blank_values=True)
