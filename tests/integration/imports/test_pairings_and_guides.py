"""Pairings and guides from CSV files."""

import pytest

from tests.integration.imports.conftest import NEEDED, Desk, product
from worker.imports.guides import COLUMNS as GUIDE_COLUMNS
from worker.imports.pairings import COLUMNS as PAIRING_COLUMNS
from worker.store.models import Guide, Pairing

PAIRINGS = ",".join(PAIRING_COLUMNS) + "\n"
GUIDES = ",".join(GUIDE_COLUMNS) + "\n"
TIPS = "Three ways,Rinse the filter.,Start with 15 g.,,https://northkettle.example/g\n"


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    desk.take("products", f"{NEEDED}\n{product('dripper')}{product('kettle')}")
    return desk


def test_pairings_name_a_product_a_category_or_a_tag(shelf: Desk) -> None:
    lines = 'dripper,,,kettle,90,"A thin, steady pour",\n,filters,,kettle,,,shipped\n,,beans,kettle,0,,Delivered\n'
    assert shelf.take("pairings", PAIRINGS + lines).added == 3
    rows = [
        (row.when_product, row.when_category, row.when_tag, row.priority, row.not_before) for row in shelf.rows(Pairing)
    ]
    assert rows == [
        ("dripper", "", "", 90, ""),
        ("", "filters", "", 0, "shipped"),
        ("", "", "beans", 0, "delivered"),
    ]
    assert shelf.take("pairings", PAIRINGS + lines).unchanged == 3


def test_a_file_that_stands_for_all_removes_what_it_does_not_name(shelf: Desk) -> None:
    shelf.take("pairings", PAIRINGS + "dripper,,,kettle,90,,\n,filters,,kettle,,,\n")
    shelf.take("guides", GUIDES + f"dripper,,,en,{TIPS}dripper,,,de,{TIPS}")
    assert shelf.take("pairings", PAIRINGS + ",filters,,kettle,,,\n").removed == 0
    report = shelf.take("pairings", PAIRINGS + ",filters,,kettle,,,\n,,beans,kettle,,,\n", replaces=True)
    assert (report.added, report.unchanged, report.removed) == (1, 1, 1)
    assert [(row.when_product, row.when_category) for row in shelf.rows(Pairing)] == [("", "filters"), ("", "")]
    assert shelf.take("guides", GUIDES + f"dripper,,,de,{TIPS}", replaces=True).removed == 1
    assert [row.language for row in shelf.rows(Guide)] == ["de"]


def test_a_file_without_rows_removes_nothing_and_says_so(shelf: Desk) -> None:
    """It is more likely a slip than a wish."""
    shelf.take("pairings", PAIRINGS + "dripper,,,kettle,90,,\n")
    report = shelf.take("pairings", PAIRINGS, replaces=True)
    assert (report.removed, report.left_out) == (0, ("Nothing is removed: the file names none.",))
    assert shelf.take("guides", GUIDES, replaces=True).left_out == report.left_out
    assert shelf.take("pairings", PAIRINGS).left_out == ()
    assert len(shelf.rows(Pairing)) == 1


def test_what_no_product_has_is_remarked_on_and_capitals_are_of_no_account(desk: Desk) -> None:
    desk.take("products", f"{NEEDED},category,tags\n{product('kettle', category='Kettles', tags='Pour-over')}")
    report = desk.take("pairings", PAIRINGS + ",kettles,,kettle,,,\n,,pour-over,kettle,,,\n,Ketles,,kettle,,,\n")
    assert report.left_out == ("Line 4 leads to nothing: no product has the category Ketles. Did you mean Kettles?",)
    named = [(row.when_category, row.when_tag) for row in desk.rows(Pairing)]
    assert named == [("Kettles", ""), ("", "Pour-over"), ("Ketles", "")]
    report = desk.take("guides", GUIDES + f"7,,,en,{TIPS},KETTLES,,en,{TIPS}")
    assert report.left_out == ("Line 2 leads to nothing: no product has the id 7.",)
    assert [(row.for_product, row.for_category) for row in desk.rows(Guide)] == [("7", ""), ("", "Kettles")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("dripper,,,teapot,,,", "offer_product is 'teapot', which is not in the catalogue. Import the products first."),
        ("teapot,,,kettle,,,", "when_product is 'teapot', which is not in the catalogue."),
        ("dripper,,,,,,", "offer_product is empty."),
        (",,,kettle,,,", "It says not what it is for. Fill in exactly one of when_product, when_category, when_tag."),
        ("dripper,pour-over,,kettle,,,", "when_product and when_category are filled. Fill in exactly one"),
        ("kettle,,,kettle,,,", "it offers the product that was just bought."),
        ("dripper,,,kettle,high,,", "priority is 'high', which is no whole number."),
        ("dripper,,,kettle,,,soon", "not_before is 'soon'. Write shipped or delivered, or leave it empty."),
    ],
)
def test_a_pairing_that_makes_no_sense_is_refused(shelf: Desk, line: str, fault: str) -> None:
    faults = shelf.refuse("pairings", f"{PAIRINGS}dripper,,,kettle,,,\n,,tag,kettle,,,\n{line}\n")
    assert fault in faults[0]
    assert faults[0].startswith("pairings.csv:4: ")
    assert shelf.rows(Pairing) == []


def test_one_pair_stands_there_once(shelf: Desk) -> None:
    faults = shelf.refuse("pairings", PAIRINGS + "dripper,,,kettle,1,,\ndripper,,,kettle,2,,\n")
    assert faults == ["pairings.csv:3: it repeats line 2. Remove one of them."]


def test_a_missing_column_of_each_file_is_named(desk: Desk) -> None:
    assert "missing columns: offer_product" in desk.refuse("pairings", "when_product\n")[0]
    assert "missing columns: language" in desk.refuse("guides", "for_product,headline,tip_1\n")[0]


def test_guides_stand_per_language_with_the_tips_they_have(desk: Desk) -> None:
    lines = f"dripper,,,en,{TIPS}dripper,,,de-AT,{TIPS}"
    assert desk.take("guides", GUIDES + lines).added == 2
    rows = desk.rows(Guide)
    assert [row.language for row in rows] == ["en", "de-at"]
    assert rows[0].tips == ["Rinse the filter.", "Start with 15 g."]
    assert desk.take("guides", GUIDES + lines).unchanged == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"dripper,,,klingon,{TIPS}", "language is 'klingon', which is none. Write a code like en, de or zh-Hant."),
        (f"dripper,,,xx,{TIPS}", "language is 'xx', which is none."),
        (f"dripper,,,,{TIPS}", "language is empty."),
        (f",,,en,{TIPS}", "Fill in exactly one of for_product, for_category, for_tag."),
        ("dripper,,,en,Ways,,,,\n", "there is no tip. Fill in tip_1."),
        ("dripper,,,en,,Rinse.,,,\n", "headline is empty."),
        ("dripper,,,en,Ways,Rinse.,,,ftp://x\n", "url is 'ftp://x', which is no web address. Begin it with https://."),
        (f"dripper,,,en,Ways,{'word ' * 26},,,\n", "tip 1 has 26 words. Say it in 25."),
    ],
)
def test_a_guide_that_cannot_be_shown_is_refused(desk: Desk, line: str, fault: str) -> None:
    faults = desk.refuse("guides", f"{GUIDES}kettle,,,en,{TIPS}{line}")
    assert any(fault in each and each.startswith("guides.csv:3: ") for each in faults)
    assert desk.rows(Guide) == []
