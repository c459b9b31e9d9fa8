"""What is recorded of an asset, and what the law does not let stand."""

import io
from datetime import date

import pytest
from builders import make_asset, make_court, make_user
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from auction.accounts.roles import Role
from auction.assets import services
from auction.assets.facts import FACTS, missing_facts
from auction.assets.files import clean_name, read_file, store_pdf, store_photo
from auction.assets.models import Category, PriceMethod
from auction.assets.queries import find_asset, find_file
from auction.assets.wording import banned_phrases
from auction.core.db import transaction
from auction.core.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("该房屋占有情况不明", "CN24G-7"),
        ("房屋现由他人占用", "CN24G-7"),
        ("案外人居住其中", "CN24G-7"),
        ("一切税费由买受人承担", "CN24G-9"),
        ("所有税、费均由买受人负担", "CN24G-9"),
        ("所有税费均由买受人负担", "CN24G-9"),
        ("税费全部由买受人承担", "CN24G-9"),
        ("过户税费概由买受人负担", "CN24G-9"),
        ("税费由买受人全部承担", "CN24G-9"),
        ("法院不负责腾退", "CN19M-1"),
        ("不负责清场", "CN19M-1"),
        ("由承租人王某依2020年租约占有至2027年", None),
        ("契税由买受人承担，增值税由被执行人承担", None),
        ("依法应由买受人承担的税费由买受人承担", None),
        ("法院负责腾退交付", None),
    ],
)
def test_barred_wording_is_found_and_lawful_wording_is_not(text, rule):
    assert [phrase.rule_id for _, phrase in banned_phrases(text)] == ([rule] if rule else [])


def test_every_category_names_what_must_be_found_out():
    assert set(FACTS) == set(Category)
    missing = missing_facts(Category.VEHICLE, {"plate": "测A12·**"})
    assert missing[0].key == "first_registered"
    full = {f.key: "x" for f in FACTS[Category.VEHICLE]}
    assert missing_facts(Category.VEHICLE, full) == []


def test_barred_wording_is_refused_at_its_field(app, clock):
    asset = make_asset(clock.now())
    with pytest.raises(Invalid) as error, transaction():
        services.change_asset(
            asset, {"occupancy_note": "现由他人占用"}, {}, actor_id=1, now=clock.now()
        )
    assert (error.value.code, error.value.field) == ("banned-phrase", "occupancy_note")


@pytest.mark.parametrize(
    ("fixed", "until", "good"),
    [
        (date(2026, 1, 1), date(2027, 1, 1), True),
        (date(2026, 1, 1), date(2027, 1, 2), False),
        (date(2028, 2, 29), date(2029, 2, 28), True),
        (date(2028, 2, 29), date(2029, 3, 1), False),
        (date(2026, 1, 1), date(2026, 1, 1), False),
    ],
)
def test_a_reference_price_is_valid_for_a_year_at_most(app, clock, fixed, until, good):
    asset = make_asset(clock.now())
    actor = make_user(clock.now(), Role.CLERK).id
    values = {
        "method": PriceMethod.APPRAISAL,
        "amount_minor": 1,
        "fixed_on": fixed,
        "valid_until": until,
        "basis": "报告",
    }

    def record():
        with transaction():
            services.record_reference_price(asset, values, actor_id=actor, now=clock.now())

    if good:
        record()
    else:
        with pytest.raises(Invalid):
            record()


def picture(mode="RGB", size=(30, 20), kind="JPEG", **more):
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **more)
    return out.getvalue()


def test_a_photo_is_made_anew_without_its_metadata(app, clock):
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    data = picture(exif=exif)
    assert b"SecretMaker" in data
    court = make_court(clock.now())
    with transaction():
        stored = store_photo(data, "../../屋.jpg", court_id=court.id, now=clock.now())
        kept = read_file(stored)
    assert b"SecretMaker" not in kept
    assert (stored.mime, stored.original_name, stored.width) == ("image/jpeg", "屋.jpg", 30)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + b"\0" * 40,
        b"\xff\xd8\xff\xe0 broken",
        b"",
    ],
    ids=["svg", "html", "gif", "broken", "empty"],
)
def test_what_is_no_picture_is_refused(app, clock, data):
    court = make_court(clock.now())
    with pytest.raises(Invalid), transaction():
        store_photo(data, "x.jpg", court_id=court.id, now=clock.now())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(app, clock):
    data = picture(mode="1", size=(9000, 9000), kind="PNG")
    court = make_court(clock.now())
    with pytest.raises(Invalid) as error, transaction():
        store_photo(data, "x.png", court_id=court.id, now=clock.now())
    assert error.value.code in {"picture-too-large", "bad-picture"}


def pdf(change=None):
    """A document of one page, changed by `change(writer)`."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if change:
        change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_noise(writer):
    """Bytes that hold `/JS ` by chance, as compressed pictures do."""
    stream = StreamObject()
    stream.set_data(b"\x00/JS \xff/JavaScript (\x01 /OpenAction")
    writer._add_object(stream)


def with_script(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(action)


def with_launch(writer):
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch")})
    writer._root_object[NameObject("/OpenAction")] = action


def test_a_plain_pdf_is_taken_though_its_bytes_hold_words_by_chance(app, clock):
    court = make_court(clock.now())
    with transaction():
        for data in (pdf(), pdf(with_noise)):
            store_pdf(data, "a.pdf", court_id=court.id, now=clock.now(), public=True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf(with_script), "active-document"),
        (pdf(lambda w: w.add_attachment("x.exe", b"MZ")), "active-document"),
        (pdf(with_launch), "active-document"),
        (pdf()[:200] + b"%%EOF", "bad-document"),
        (b"%PDF-1.7 %%EOF", "bad-document"),
        (b"<html>%PDF-1.7 %%EOF", "bad-document"),
    ],
    ids=["script", "attachment", "launch", "cut", "empty", "html"],
)
def test_a_pdf_that_acts_or_is_broken_is_refused(app, clock, data, code):
    court = make_court(clock.now())
    with pytest.raises(Invalid) as error, transaction():
        store_pdf(data, "a.pdf", court_id=court.id, now=clock.now(), public=True)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("\u202egpj.exe", "gpj.exe"),
        ("...", "file"),
        ("x" * 300, "x" * 120),
    ],
)
def test_file_names_are_harmless(name, kept):
    assert clean_name(name) == kept


def test_a_file_that_is_not_public_is_for_its_own_court_alone(app, clock):
    court, other = make_court(clock.now()), make_court(clock.now())
    clerk = make_user(clock.now(), Role.CLERK, court=court)
    stranger = make_user(clock.now(), Role.CLERK, court=other)
    with transaction():
        stored = store_pdf(pdf(), "a.pdf", court_id=court.id, now=clock.now(), public=False)
    assert find_file(stored.token, clerk).id == stored.id
    for user in (stranger, None):
        with pytest.raises(NotFound):
            find_file(stored.token, user)


def test_another_court_does_not_find_the_asset(app, clock):
    asset = make_asset(clock.now())
    stranger = make_user(clock.now(), Role.CLERK, court=make_court(clock.now()))
    with pytest.raises(NotFound):
        find_asset(stranger, asset.id)
