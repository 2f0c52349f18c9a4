"""The catalogue from a CSV file: whole or not at all, and twice as good as once."""

from decimal import Decimal
from threading import Thread
from typing import Any

import pytest

from schedules.events import ProductStated
from tests.integration.imports.conftest import NEEDED, Desk, product
from tests.support.dispatching import MORNING
from tests.support.locks import until_it_waits
from worker.imports.products import COLUMNS
from worker.planning.products import keep_product
from worker.planning.unit import Unit
from worker.store.models import Product

EVERYTHING = {
    "product_id": "7104",
    "variant_id": "81041",
    "title": '"Kettle 0.9, gooseneck"',
    "short_title": "Kettle 0.9",
    "url": "https://northkettle.example/kettle",
    "image_url": "https://northkettle.example/kettle.jpg",
    "price": "49.00",
    "currency": "eur",
    "category": "kettles",
    "brand": "Northkettle",
    "tags": '"pour-over, kettle,"',
    "inventory": "85",
    "cost": "20.50",
    "refill_days": "",
    "upgrade_of": "",
    "upgrade_benefits": "",
    "rating": "4.666",
    "rating_count": "176",
    "discreet": "no",
    "fits": '"7101, pour-over"',
    "ships_to": '"ie,de"',
    "bundle_of": "",
}


def whole_file() -> str:
    return ",".join(COLUMNS) + "\n" + ",".join(EVERYTHING[name] for name in COLUMNS) + "\n"


def test_every_column_of_the_contract_is_read(desk: Desk) -> None:
    report = desk.take("products", whole_file())
    assert (report.added, report.changed, report.unchanged, report.left_out) == (1, 0, 0, ())
    row = desk.rows(Product)[0]
    assert (row.product_id, row.variant_id, row.title) == ("7104", "81041", "Kettle 0.9, gooseneck")
    assert (row.price, row.currency, row.cost) == (Decimal("49.00"), "EUR", Decimal("20.50"))
    assert (row.tags, row.inventory, row.refill_days) == (["pour-over", "kettle"], 85, None)
    assert (row.fits, row.ships_to, row.bundle_of) == (["7101", "pour-over"], ["IE", "DE"], [])
    assert (row.rating, row.rating_count, row.discreet, row.unusable) == (Decimal("4.67"), 176, False, "")


def test_importing_twice_changes_nothing_twice(desk: Desk) -> None:
    desk.take("products", whole_file())
    before = desk.rows(Product)[0].updated_at
    report = desk.take("products", whole_file())
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1)
    assert desk.rows(Product)[0].updated_at == before


def test_a_changed_row_is_changed_and_one_that_is_not_named_stays(desk: Desk) -> None:
    desk.take("products", f"{NEEDED}\n{product('1')}{product('2')}")
    report = desk.take("products", f"{NEEDED}\n{product('1', price='25.00')}{product('3')}")
    assert (report.added, report.changed, report.unchanged) == (1, 1, 0)
    assert [(row.product_id, row.price) for row in desk.rows(Product)] == [
        ("1", Decimal("25.00")),
        ("2", Decimal("24.00")),
        ("3", Decimal("24.00")),
    ]


def test_a_column_that_the_file_leaves_out_stays_as_it_is(desk: Desk) -> None:
    desk.take("products", whole_file())
    short = "product_id,variant_id,title,url,image_url,price,currency\n7104,81041,Kettle,{0},{0}.jpg,50.00,EUR\n"
    desk.take("products", short.format("https://northkettle.example/kettle"))
    row = desk.rows(Product)[0]
    assert (row.title, row.price) == ("Kettle", Decimal("50.00"))
    assert (row.inventory, row.tags, row.category) == (85, ["pour-over", "kettle"], "kettles")


def keep_variant(desk: Desk, variant_id: str, **told: Any) -> None:
    """A variant of product 7 that the platform told of before any file was imported."""
    with desk.database.write() as session:
        fields = {"shop_id": desk.shop_id, "title": "Oil", "category": "wellness", "updated_at": MORNING} | told
        session.add(Product(product_id="7", variant_id=variant_id, **fields))


def variant(desk: Desk, variant_id: str) -> Product:
    [found] = [row for row in desk.rows(Product) if (row.product_id, row.variant_id) == ("7", variant_id)]
    return found  # type: ignore[no-any-return]  # the desk's rows are of any table


def test_what_a_file_says_of_a_product_holds_for_the_variants_the_platform_told_of(desk: Desk) -> None:
    keep_variant(desk, "71")
    header = f"{NEEDED},category,tags,discreet,ships_to,fits,cost"
    told = {"category": "", "tags": "private", "discreet": "yes", "ships_to": "SE", "fits": "9", "cost": "3.00"}
    desk.take("products", f"{header}\n{product('7', **told)}")
    row = variant(desk, "71")
    assert (row.discreet, row.ships_to, row.fits, row.tags) == (True, ["SE"], ["9"], ["private"])
    assert (row.title, row.category, row.cost) == ("Oil", "wellness", Decimal(3))
    desk.take("products", f"{header}\n{product('7', **told | {'discreet': 'no', 'ships_to': ''})}")
    row = variant(desk, "71")
    assert (row.discreet, row.ships_to) == (False, [])


def test_an_old_file_brings_back_no_price_or_stock_that_the_platform_has_changed(desk: Desk) -> None:
    header, told = f"{NEEDED},inventory", {"price": "24.00", "inventory": "50"}
    for variant_id, price, left in (("71", "29.00", 3), ("72", "27.00", 0)):
        fields = {"price": Decimal(price), "currency": "EUR", "inventory": left, "source_updated_at": MORNING}
        keep_variant(desk, variant_id, url="https://a.example/7", image_url="https://a.example/7.jpg", **fields)
    desk.take("products", f"{header}\n{product('7', **told)}{product('8', **told)}")
    whole = variant(desk, "")
    assert (whole.product_id, whole.title, whole.price, whole.inventory) == ("7", "Oil", Decimal(29), 3)
    assert desk.rows(Product)[-1].price == Decimal(24)


def test_a_variant_that_the_file_names_is_what_the_file_says_of_it(desk: Desk) -> None:
    keep_variant(desk, "71")
    line = product("7", variant_id="71", discreet="no") + product("7", variant_id="", discreet="yes")
    header = "product_id,title,url,image_url,price,currency,variant_id,discreet"
    desk.take("products", f"{header}\n{line}")
    assert (variant(desk, "71").discreet, variant(desk, "").discreet) == (False, True)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)  # on SQLite one unit writes at a time
def test_a_variant_that_is_told_of_while_a_file_is_taken_in_is_what_that_says_of_its_product(desk: Desk) -> None:
    """Neither would see what the other has not kept yet, and a discreet product would be shown."""
    lines = f"{NEEDED},discreet\n{product('7', discreet='yes')}"
    importing = Thread(target=desk.take, args=("products", lines))
    blank = {"url": None, "image_url": None, "price": None, "inventory": None, "is_active": True, "updated_at": None}
    named = {"product_id": "7", "variant_id": "71", "title": "Oil", "category": "", "brand": "", "tags": ()}
    told = ProductStated.model_validate(named | blank)
    with desk.database.write() as session:
        keep_product(Unit.begin(session, desk.shop_id, None, MORNING), told)
        importing.start()
        until_it_waits(importing, session)
    importing.join()
    assert [variant(desk, each).discreet for each in ("", "71")] == [True, True]


UNSEEN = "which are all that every mailbox shows"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"image_url": ""}, "it has no image"),
        ({"image_url": "ftp://northkettle.example/1.jpg"}, "its image's address does not begin with http"),
        ({"image_url": "https://northkettle.example/1.webp?v=2"}, f"its image is no JPEG or PNG, {UNSEEN}"),
        ({"image_url": "https://northkettle.example/1.SVG"}, f"its image is no JPEG or PNG, {UNSEEN}"),
        ({"image_url": "https://cdn.shopify.com/s/files/1.svg"}, f"its image is no JPEG or PNG, {UNSEEN}"),
        ({"url": ""}, "it has no link"),
        ({"url": "javascript:alert(1)"}, "its link does not begin with http"),
        ({"price": ""}, "it has no price"),
    ],
)
def test_a_product_that_cannot_be_shown_is_kept_and_said_so(desk: Desk, cells: dict[str, str], why: str) -> None:
    report = desk.take("products", f"{NEEDED}\n{product('1', **cells)}{product('2')}")
    assert report.added == 2
    assert report.left_out == (f"Product 1 is left out of offers: {why}.",)
    assert [row.unusable for row in desk.rows(Product)] == [why, ""]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"price": "dear"}, "price is 'dear', which is no amount. Write it like 24.00, with a point and no sign."),
        ({"price": "-1"}, "price is '-1', which is no amount."),
        ({"price": "1e3"}, ""),
        ({"price": "NaN"}, "price is 'NaN', which is no amount."),
        ({"price": "1_000"}, "price is '1_000', which is no amount."),
        ({"price": "٣"}, "price is '٣', which is no amount."),
        ({"price": "1.23456"}, "price is '1.23456', which is too exact."),
        ({"price": "99999999999"}, "which is no amount."),
        ({"currency": "ZZZ"}, "currency is 'ZZZ', which is none. Write an ISO 4217 code like EUR."),
        ({"currency": ""}, "currency is empty. Fill it in."),
        ({"price": "", "currency": "ZZZ"}, "currency is 'ZZZ', which is none."),
        ({"title": ""}, "title is empty. Fill it in."),
        ({"title": "Ket\x00tle"}, "title holds a character that is no text."),
    ],
)
def test_a_bad_cell_is_named_by_file_line_and_remedy(desk: Desk, cells: dict[str, str], fault: str) -> None:
    content = f"{NEEDED}\n{product('1')}{product('2', **cells)}"
    if not fault:
        assert desk.take("products", content).added == 2
        return
    faults = desk.refuse("products", content)
    assert len(faults) == 1
    assert faults[0].startswith("products.csv:3: ")
    assert fault in faults[0]
    assert desk.rows(Product) == []


@pytest.mark.parametrize(
    ("column", "cell", "fault"),
    [
        ("inventory", "some", "inventory is 'some', which is no whole number."),
        ("cost", "9,80", "cost is '9,80', which is no amount."),
        ("refill_days", "3.5", "refill_days is '3.5', which is no whole number."),
        ("rating", "7", "rating is 7. Ratings go from 0 to 5."),
        ("discreet", "maybe", "discreet is 'maybe'. Write yes or no."),
        ("variant_id", "4,25E+13", "variant_id is '4,25E+13': a spreadsheet has shortened it, and digits are lost."),
        ("fits", "7.98E+12", "fits is '7.98E+12': a spreadsheet has shortened it, and digits are lost."),
    ],
)
def test_optional_cells_are_checked_too(desk: Desk, column: str, cell: str, fault: str) -> None:
    line = product("1").strip() + f',"{cell}"\n'
    assert fault in desk.refuse("products", f"{NEEDED},{column}\n{line}")[0]


def test_every_fault_is_told_at_once_and_half_a_file_never_gets_in(desk: Desk) -> None:
    desk.take("products", f"{NEEDED}\n{product('1')}")
    content = f"{NEEDED}\n{product('1', price='99.00')}{product('2', price='x', currency='ZZZ')}{product('3')}4,short\n"
    faults = desk.refuse("products", content)
    assert [fault.partition(" ")[0] for fault in faults] == ["products.csv:3:", "products.csv:3:", "products.csv:5:"]
    assert [(row.product_id, row.price) for row in desk.rows(Product)] == [("1", Decimal("24.00"))]


def test_a_repeated_row_is_refused_and_the_first_is_named(desk: Desk) -> None:
    faults = desk.refuse("products", f"{NEEDED}\n{product('1')}\n{product('2')}{product('1')}")
    assert faults == ["products.csv:5: it repeats line 2. Remove one of them."]


def test_variants_of_a_product_are_rows_of_their_own(desk: Desk) -> None:
    line = product("1").partition(",")[2]
    header = NEEDED.replace("product_id,", "product_id,variant_id,")
    assert desk.take("products", f"{header}\n1,a,{line}1,b,{line}").added == 2


@pytest.mark.parametrize("missing", NEEDED.split(","))
def test_a_missing_column_is_named(desk: Desk, missing: str) -> None:
    header = ",".join(name for name in NEEDED.split(",") if name != missing)
    faults = desk.refuse("products", f"{header}\n")
    assert faults[0].startswith(f"products.csv:1: missing columns: {missing}. The columns are: product_id, ")


def test_an_unknown_or_doubled_column_is_named(desk: Desk) -> None:
    faults = desk.refuse("products", f"{NEEDED},colour,title\n")
    assert any("unknown columns: 'colour'" in fault for fault in faults)
    assert any("the column title stands there twice" in fault for fault in faults)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.upper().replace("HTTPS", "https").encode()[: len(NEEDED)] + text.encode()[len(NEEDED) :],
    ],
    ids=["byte order mark", "windows line ends", "semicolons", "capital headings"],
)
def test_what_spreadsheets_write_is_read(desk: Desk, encode: object) -> None:
    assert callable(encode)
    report = desk.take("products", encode(f"{NEEDED}\n{product('1')}"))
    assert report.added == 1
    assert desk.rows(Product)[0].title == "Product 1"


def test_another_encoding_is_a_sentence_with_the_line(desk: Desk) -> None:
    content = f"{NEEDED}\n{product('1')}{product('2', title='Café')}".encode("cp1252")
    assert desk.refuse("products", content) == [
        "products.csv:3: it is not written in UTF-8. Save it as CSV UTF-8.",
    ]


def test_a_quote_that_never_closes_is_a_sentence_with_the_line_it_opened_on(desk: Desk) -> None:
    content = f'{NEEDED}\n{product("1")}2,"Kettle,https://northkettle.example\n{product("3")}'
    faults = desk.refuse("products", content)
    assert faults[0].startswith("products.csv:3: it is no CSV")
    assert desk.rows(Product) == []


def test_a_text_over_several_lines_becomes_one_and_later_lines_keep_their_number(desk: Desk) -> None:
    content = f"{NEEDED}\n" + product("1", title='"Kettle\n0.9"') + product("2", price="x")
    assert desk.refuse("products", content)[0].startswith("products.csv:4: ")
    desk.take("products", content.replace(",x,", ",1.00,"))
    assert desk.rows(Product)[0].title == "Kettle 0.9"


def test_an_empty_file_says_which_columns_it_needs(desk: Desk) -> None:
    [fault] = desk.refuse("products", "")
    assert f"missing columns: {', '.join(NEEDED.split(','))}. The columns are" in fault


def test_a_file_of_faults_is_cut_short_and_says_so(desk: Desk) -> None:
    faults = desk.refuse("products", NEEDED + "\n" + "x\n" * 1500)
    assert len(faults) == 1001
    assert faults[-1] == "products.csv: 500 more faults. Mend these first."


def test_long_work_tells_how_far_it_is(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    lines = "".join(product(str(number)) for number in range(1200))
    desk.take("products", f"{NEEDED}\n{lines}", progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 2400) for done in (500, 1000, 1200, 1700, 2200, 2400)]


def test_stock_that_was_oversold_is_read_as_the_shop_counts_it(desk: Desk) -> None:
    line = product("1").strip() + ",-3\n"
    assert desk.take("products", f"{NEEDED},inventory\n{line}").added == 1
    assert desk.rows(Product)[0].inventory == -3
