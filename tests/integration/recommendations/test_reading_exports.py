"""Past orders as shops export them: products found, people known, what came to nothing left out."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.integration.recommendations.conftest import HEADER, take
from tests.support.dispatching import World
from worker.errors import ImportFileError
from worker.store.models import Purchase

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Lineitem sku,Cancelled at,Refunded Amount,Id,Billing Zip
#1001,Mia@Example.com,paid,2030-10-07 09:50:26 +0200,EUR,64.00,64.00,2030-10-07 09:50:26 +0200,1,\
"Dripper 02, in full - White",38.00,DR-02,,14.00,5811234567890,'75008
#1001,mia@example.com,,,,,,2030-10-07 09:50:26 +0200,1,"Kettle 0.9, in full",26.00,K-09,,,,
#1002,ole@example.com,refunded,,EUR,24.00,24.00,2030-10-08 09:50:26 +0200,1,"Kettle 0.9",24.00,,,24.00,5811234567891,
#1003,ole@example.com,paid,,USD,24.00,24.00,2030-10-09 09:50:26 +0200,1,Retired mug,24.00,,,0.00,5811234567892,
"""
WOOCOMMERCE = """\
order_id,order_number,order_date,status,order_total,order_currency,billing_email,item_product_id,item_name,item_quantity
71,71,2030-10-07 09:50:26,completed,64.00,EUR,mia@example.com,kettle,Kettle,1
71,71,2030-10-07 09:50:26,completed,64.00,EUR,mia@example.com,cups,Cups,2
72,72,2030-10-08 09:50:26,wc-cancelled,24.00,EUR,ole@example.com,kettle,Kettle,1
"""
ADVANCED = """\
"Order Number","Order Status","Order Date","Email (Billing)","Order Total Amount","Item #",SKU,"Item Name",\
"Quantity (- Refund)","Item Cost"
81,Completed,"2030-10-07 09:50",mia@example.com,64.00,1,kettle,Whatever it is called,1,26.00
,,,,,2,,"Cups, in full",2,19.00
"""


def kept(world: World) -> dict[str, Purchase]:
    with world.installation.database.read() as session:
        return {row.order_ref: row for row in session.scalars(select(Purchase))}


def test_shopifys_export_is_read_by_its_own_columns(world: World, tmp_path: Path) -> None:
    report = take(world, SHOPIFY, tmp_path)
    found = kept(world)
    assert sorted(found) == ["5811234567890", "5811234567892"]
    first = found["5811234567890"]
    assert first.products == ["kettle", "product-1"]
    assert first.value == Decimal("50.00")
    assert first.placed_at.isoformat() == "2030-10-07T07:50:26+00:00"
    assert found["5811234567892"].value is None
    assert report.left_out == (
        "Not in the catalogue, so never suggested: Retired mug. Import products first, then orders again.",
    )


@pytest.mark.parametrize(("content", "ref"), [(WOOCOMMERCE, "71"), (ADVANCED, "81")])
def test_woocommerces_exports_are_read_in_the_shops_time(world: World, tmp_path: Path, content: str, ref: str) -> None:
    take(world, content, tmp_path)
    found = kept(world)
    assert sorted(found) == [ref]
    assert found[ref].products == ["cups", "kettle"]
    assert found[ref].value == Decimal("64.00")
    assert found[ref].placed_at.hour == 7  # 9:50 in Stockholm


def test_our_own_columns_add_up_to_what_was_spent(world: World, tmp_path: Path) -> None:
    rows = "1,2030-01-01,a@example.com,kettle,,2,9.50\n1,2030-01-01,a@example.com,cups,,1,6.00\n"
    take(world, HEADER + rows, tmp_path)
    assert kept(world)["1"].value == Decimal("25.00")


def test_a_file_of_faults_is_cut_short_and_says_so(world: World, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError) as caught:
        take(world, "order_id,placed_at,product_id\n" + "1,soon,7101\n" * 1500, tmp_path)
    faults = [str(fault) for fault in caught.value.faults]
    assert len(faults) == 1001
    assert faults[-1].endswith("500 more faults. Mend these first.")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_ends_of_the_calendar_is_a_fault_with_its_line(world: World, tmp_path: Path, moment: str) -> None:
    with pytest.raises(ImportFileError, match=r"orders.csv:2: placed_at is .* which is no time"):
        take(world, HEADER + f"1,{moment},a@example.com,kettle,,1,24.00\n", tmp_path)


def test_an_order_that_comes_to_more_than_can_be_is_a_fault_with_its_line(world: World, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"orders.csv:2: order 1 comes to .* Mend its prices"):
        take(world, HEADER + "1,2030-01-01,a@example.com,kettle,,9999999999,9999999999\n", tmp_path)


def test_orders_whose_sums_are_rounded_are_no_news_the_second_time(world: World, tmp_path: Path) -> None:
    rows = HEADER + "1,2030-01-01,a@example.com,kettle,,1.5,24.0049\n"
    take(world, rows, tmp_path)
    assert take(world, rows, tmp_path).unchanged == 1


def test_semicolons_in_a_text_do_not_part_cells_where_lines_end_as_on_old_macs(world: World, tmp_path: Path) -> None:
    rows = HEADER + '1,2030-01-01,a@example.com,"kettle;;;;;;;;;;;;",,1,24.00\n'
    take(world, rows.replace("\n", "\r"), tmp_path)
    assert kept(world)["1"].products == ["kettle;;;;;;;;;;;;"]
