"""Papers: issued once, checked by code and hash, the same bytes every time."""

from __future__ import annotations

import pytest
from conftest import browser
from sale_bench import announced, make_bench
from sqlalchemy.exc import DBAPIError

from auction.core.db import db, transaction
from auction.notices.documents import blocks_of, issue_document, new_code, render_pdf
from auction.notices.models import Announcement, Document, DocumentKind
from auction.notices.papers import numeral
from auction.sales.fingerprint import content_hash
from auction.sales.models import Sale


@pytest.fixture
def sale(app, clock):
    return announced(make_bench(clock.now()), clock)


def issue(sale, clock, **content):
    with transaction():
        return issue_document(
            kind=DocumentKind.CONFIRMATION,
            sale=db.session.get(Sale, sale.id),
            title="成交确认书",
            content=content,
            now=clock.now(),
            publish=True,
        )


def test_a_paper_is_pdf_a_and_the_same_bytes_twice(sale, clock):
    paper = issue(
        sale, clock, number="（2026）测01执1号", blocks=[{"type": "paragraph", "text": "兹"}]
    )
    first, second = render_pdf(paper), render_pdf(paper)
    assert first.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in first
    assert first == second


def test_names_come_in_as_data_and_never_as_markup(sale, clock):
    text = '#panic("x") *粗* $x$ @ref <b> #import "/etc/passwd"'
    paper = issue(sale, clock, blocks=[{"type": "table", "rows": [["买受人", text]]}])
    assert render_pdf(paper).startswith(b"%PDF")


def test_content_without_blocks_is_drawn_as_a_table():
    assert blocks_of({"买受人": "甲", "成交价": "¥1.00", "is_demo": True, "number": "1"}) == [
        {"type": "table", "rows": [["买受人", "甲"], ["成交价", "¥1.00"]]}
    ]


def test_the_hash_covers_title_and_content(sale, clock):
    paper = issue(sale, clock, blocks=[])
    assert paper.sha256 == content_hash({"title": paper.title, **paper.content})


def test_the_database_refuses_to_change_a_paper(any_app, clock):
    sale = announced(make_bench(clock.now()), clock)
    code = db.session.query(Document.code).filter_by(sale_id=sale.id).scalar()
    with pytest.raises(DBAPIError), transaction():
        db.session.query(Document).filter_by(code=code).update({"title": "改"})
    with pytest.raises(DBAPIError), transaction():
        db.session.query(Announcement).update({"sha256": "0" * 64})


def test_codes_are_readable_and_differ():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 14 and code.count("-") == 2 for code in codes)
    assert not any(set("01ILOU") & set(code) for code in codes)


def test_everybody_checks_a_published_paper(app, sale, clock):
    paper = issue(sale, clock, blocks=[{"type": "paragraph", "text": "以最高应价竞得"}])
    client = browser(app)
    page = client.get(f"/documents/{paper.code.lower()}")
    assert page.status_code == 200
    assert "以最高应价竞得" in page.text
    assert paper.sha256[:32] in page.text
    pdf = client.get(f"/documents/{paper.code}.pdf")
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    again = client.get(
        f"/documents/{paper.code}.pdf", headers={"If-None-Match": pdf.headers["ETag"]}
    )
    assert again.status_code == 304


def test_an_unknown_code_finds_nothing(client):
    assert client.get("/documents/AAAA-BBBB-CCCC").status_code == 404
    assert client.get("/notices/AAAA-BBBB-CCCC").status_code == 404


def test_the_announcements_code_leads_to_its_page(app, sale):
    code = db.session.query(Announcement.code).scalar()
    answer = browser(app).get(f"/documents/{code}")
    assert answer.status_code == 302
    assert answer.location.endswith(f"/notices/{code}")
    assert browser(app).get(f"/documents/{code}.pdf").data.startswith(b"%PDF")


def test_an_announcements_page_and_its_pdf_show_one_hash(app, sale):
    announcement = db.session.query(Announcement).one()
    paper = db.session.query(Document).filter_by(code=announcement.code).one()
    assert paper.printed_sha256 == announcement.sha256 != paper.sha256
    assert announcement.sha256[:32] in browser(app).get(f"/notices/{announcement.code}").text


def test_another_paper_shows_its_own_hash_and_its_day_in_words(app, sale, clock):
    paper = issue(sale, clock, signed_on="2026-11-02")
    assert paper.printed_sha256 == paper.sha256
    for lang in ("zh", "en"):
        page = browser(app).get(f"/documents/{paper.code}?lang={lang}").text
        assert "<p>2026年11月2日</p>" in page


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (11, "十一"), (12, "十二")])
def test_parts_are_counted_in_chinese(number, text):
    assert numeral(number) == text
