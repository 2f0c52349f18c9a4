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
