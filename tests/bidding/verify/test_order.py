"""The order of the queue, where stamps and decisions do not follow each other."""

from __future__ import annotations

from datetime import timedelta

from bidlog_builder import LoggedSale, write_log, write_sealed
from bidlog_checking import check_log
from bidlog_scenes import at, make_terms

from bidding.engine import BidRequest, InstructRequest

DAY = 86_400


def make_sale(**changes) -> LoggedSale:
    sale = LoggedSale(make_terms(**changes))
    sale.enrol("K7Q2")
    sale.enrol("M3RT", 1)
    sale.tick(at(1))
    return sale


def end_and_check(sale: LoggedSale) -> str:
    sale.tick(sale.state.closes_at + timedelta(hours=1))
    sale.close()
    status, said = check_log(write_log(sale.lines), sealed=write_sealed(sale.leaves))
    assert status == 0, said
    return said


def test_what_came_in_time_may_stand_behind_what_came_too_late():
    sale = make_sale()
    assert sale.ask(BidRequest(at(60), "K7Q2", 70_000_000)).accepted
    assert not sale.ask(BidRequest(at(DAY + 0.5), "M3RT", 70_500_000)).accepted
    assert sale.ask(BidRequest(at(DAY - 0.001), "M3RT", 70_500_000)).accepted
    assert "after 1 extension" in end_and_check(sale)


def test_a_request_stamped_before_one_that_is_decided_bears_its_time():
    sale = make_sale()
    assert sale.ask(BidRequest(at(60), "K7Q2", 70_000_000)).accepted
    assert sale.ask(BidRequest(at(59.5), "M3RT", 70_000_000)).accepted
    assert sale.lines[-1].count('"at":"2026-11-02T02:01:00.000Z"') == 1
    end_and_check(sale)


def test_a_sale_nobody_came_to_ends_unsold():
    assert "end: unsold at 2026-11-03T02:00:00.000Z; nothing after it" in end_and_check(make_sale())


def test_an_instruction_alone_buys_at_the_start_price_though_nobody_looked_before_the_end():
    sale = LoggedSale(make_terms())
    sale.enrol("K7Q2")
    sale.ask(InstructRequest(at(-60), "K7Q2", 90_000_000))
    assert 'sold to "K7Q2" for 70000000' in end_and_check(sale)
