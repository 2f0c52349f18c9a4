"""`recommendations fit | evaluate` where there is little to learn from."""

from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli

HEADER = "order_id,placed_at,email,product_id,quantity,price\n"


def take(cli: Cli, shop: str, folder: Path, count: int) -> None:
    """So many orders of a dripper and filters, and one of a kettle."""
    pairs = [(number, product) for number in range(count) for product in ("dripper", "filters")]
    rows = [
        f"{number},2026-01-{number % 28 + 1:02d},m{number}@example.com,{product},1,10\n" for number, product in pairs
    ]
    (folder / "orders.csv").write_text(HEADER + "".join(rows) + "k,2026-01-05,k@example.com,kettle,1,10\n")
    assert cli("orders", "import", shop, str(folder / "orders.csv")).code == 0


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_too_few_orders_are_answered_by_a_sentence_and_no_zeros(
    cli: Cli, shop: str, tmp_path: Path, command: str
) -> None:
    take(cli, shop, tmp_path, 3)
    told = " ".join(cli("recommendations", command, shop).out.split())
    assert "4 orders of 3 products: too little to prove anything" in told
    assert "Common orders are lacking: no two products have more than 3." in told
    assert "20 orders hold both" in told
    assert "lift above 1" in told
    assert "%" not in told.replace("5 % of those", "")


@pytest.mark.parametrize(
    ("together", "alone", "lacking"),
    [
        (30, 800, "The share is lacking: with 20 common orders it is 3.6 % at most."),
        (30, 30, "Lift is lacking: with 5 % in common it is 0.75 at most."),
    ],
)
def test_the_figure_that_keeps_products_from_being_suggested_is_named(
    cli: Cli, shop: str, tmp_path: Path, together: int, alone: int, lacking: str
) -> None:
    """Dripper and filters are bought together by some, each alone by others."""
    baskets = [("dripper", "filters")] * together + [("dripper",)] * alone + [("filters",)] * alone
    rows = [
        f"{number},2026-01-{number % 28 + 1:02d},m{number}@example.com,{product},1,10\n"
        for number, basket in enumerate(baskets)
        for product in basket
    ]
    (tmp_path / "orders.csv").write_text(HEADER + "".join(rows))
    assert cli("orders", "import", shop, str(tmp_path / "orders.csv")).code == 0
    assert lacking in " ".join(cli("recommendations", "evaluate", shop).out.split())
    assert cli("recommendations", "fit", shop, "--json").document["closest"]["support"] == together
    shown = " ".join(cli("recommendations", "show", shop).out.split())
    assert "Nothing is proven" in shown
    assert lacking in shown


def test_what_was_measured_is_told_in_figures(cli: Cli, shop: str, tmp_path: Path) -> None:
    take(cli, shop, tmp_path, 200)
    told = cli("recommendations", "fit", shop).out
    assert "201 orders of 3 products." in told
    assert "products with a suggestion" in told


def test_what_is_to_be_done_before_anything_is_learned_is_a_command(cli: Cli, shop: str) -> None:
    told = cli("recommendations", "show", shop).out.replace("\n", " ")
    assert "`postpurchase recommendations fit northkettle`" in told


PRODUCTS = "product_id,title,url,image_url,price,currency,category,tags,inventory,refill_days,discreet\n"
AT = "https://northkettle.example"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_rules_keep_from_every_mail_is_shown_with_the_rule(cli: Cli, shop: str, tmp_path: Path) -> None:
    take(cli, shop, tmp_path, 200)
    assert cli("recommendations", "fit", shop).code == 0

    def refusals(filters: str) -> dict[str, str]:
        rows = f"dripper,Dripper,{AT}/d,{AT}/d.jpg,29,EUR,brewers,,9,,no\n" + (f"filters,Filters,{filters}\n")
        (tmp_path / "products.csv").write_text(PRODUCTS + rows)
        assert cli("products", "import", shop, str(tmp_path / "products.csv")).code == 0
        document = cli("recommendations", "show", shop, "--json").document
        lines = [*document["suggestions"], *document["afterwards"]]
        return {f"{line['bought']}: {line['suggested']}": line["why_not"] for line in lines}

    fine = {"Dripper: Filters": "", "Filters: Dripper": "", "Filters: the same again": ""}
    assert refusals(f"{AT}/f,{AT}/f.jpg,6,EUR,filters,,9,30,no") == fine
    sold_out = dict.fromkeys(("Dripper: Filters", "Filters: the same again"), "is sold out")
    assert refusals(f"{AT}/f,{AT}/f.jpg,6,EUR,filters,,0,30,no") == fine | sold_out
    same_kind = dict.fromkeys(("Dripper: Filters", "Filters: Dripper"), "is of the kind that was just bought")
    assert refusals(f"{AT}/f,{AT}/f.jpg,6,EUR,brewers,,9,30,no") == fine | same_kind
    assert refusals(f"{AT}/f,{AT}/f.jpg,6,EUR,filters,,9,,yes")["Dripper: Filters"] == "is discreet"
    assert "not offered: it is discreet" in " ".join(cli("recommendations", "show", shop).out.split())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_catalogue_has_not_is_offered_to_nobody(cli: Cli, shop: str, tmp_path: Path) -> None:
    take(cli, shop, tmp_path, 200)
    assert cli("recommendations", "fit", shop).code == 0
    reasons = {line["why_not"] for line in cli("recommendations", "show", shop, "--json").document["suggestions"]}
    assert reasons == {"is not in the catalogue"}
