"""`codes`: a pool filled by file, how a shop's codes stand, and whether its API lets us make them."""

from pathlib import Path

import pytest

from schedules.shop import CodeSource, ShopProfile
from tests.integration.cli.conftest import Cli
from tests.support.code_shops import code_shop
from tests.support.installation import installed
from tests.support.misbehaving import SHOPIFY_TOKEN
from tests.support.rows import NOW, make_order, make_shop
from worker.doctor.codes import check_codes
from worker.store.models import DiscountCode, Source
from worker.store.session import Database


def test_a_pool_is_filled_once_and_says_when_it_is_low(cli: Cli, shop: str, tmp_path: Path) -> None:
    assert cli("shop", "set", shop, "--codes", "pool").code == 0
    path = tmp_path / "codes.csv"
    path.write_text("code,value,ends_on\nmia-10,10,\nMIA-11,10,2031-05-31\n", encoding="utf-8")
    assert cli("codes", "import", shop, str(path), "--json").document["added"] == 2
    assert cli("codes", "import", shop, str(path), "--json").document["unchanged"] == 2
    pool = cli("codes", "status", shop, "--json").document["pool"]
    assert (pool["left"], pool["is_low"]) == (2, True)
    assert "2 left in the pool" in cli("status").out
    assert "No code was given out yet: 2 are left in the pool." in cli("codes", "list", shop).out.replace("\n", " ")


def test_a_wrong_file_is_refused_by_line_with_remedies(cli: Cli, shop: str, tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("code,kind,value,ends_on\nA B,percent,10,\nX,percent,,soon\nx,gift,5,\n", encoding="utf-8")
    ran = cli("codes", "import", shop, str(path))
    assert ran.code == 2
    for said in ("codes.csv:2: code is 'A B'", "codes.csv:3: value is empty", "like 2027-01-31", "kind is 'gift'"):
        assert said in ran.err
    assert cli("codes", "status", shop, "--json").document["pool"] is None


@pytest.mark.parametrize("currency", ["€", "EURO"])
def test_a_code_in_a_currency_that_is_none_is_refused_instead_of_never_being_given_out(
    cli: Cli, shop: str, tmp_path: Path, currency: str
) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(f"code,kind,value,currency\nMIA-10,amount,5,eur\nMIA-11,amount,5,{currency}\n", encoding="utf-8")
    ran = cli("codes", "import", shop, str(path))
    assert ran.code == 2
    assert f"codes.csv:3: currency is '{currency}', which is none" in ran.err


def test_codes_are_listed_with_what_became_of_them(cli: Cli, database: Database) -> None:
    with database.write() as session:
        owner = make_shop(session)
        order = make_order(session, owner)
        given = {"address": "a@b.example", "code": "NRTAAAA", "kind": "percent", "value": 10, "state": "redeemed"}
        ends = {"starts_at": NOW, "ends_at": NOW, "created_at": NOW, "reason": "used in order 77, by somebody else"}
        session.add(DiscountCode(shop_id=owner.id, order_id=order.id, redeemed_by_other=True, **given, **ends))
    ran = cli("codes", "list", "northkettle")
    assert "NRTAAAA" in ran.out
    assert "by somebody else" in ran.out
    assert cli("codes", "list", "northkettle", "--state", "revoked", "--json").document == {"codes": []}
    assert "1 used by somebody else" in cli("status").out


def test_who_makes_codes_is_one_of_four(cli: Cli, shop: str) -> None:
    refused = cli("shop", "set", shop, "--codes", "magic")
    assert refused.code == 2
    assert "give shopify, woocommerce, pool or none" in refused.err


def test_the_doctor_asks_whether_the_key_may_make_codes(database: Database, tmp_path: Path) -> None:
    installation = installed(database, tmp_path, secret_key="a test's secret key")
    with code_shop() as api, database.write() as session:
        owner = make_shop(session)
        profile = ShopProfile.model_validate(owner.profile)
        owner.profile = profile.model_copy(update={"codes": CodeSource.SHOPIFY}).model_dump(mode="json")
        session.flush()
        assert check_codes(session, installation, asks=True)[0].level == "fail"
        access = {"url": api.url, "sealed": installation.sealer.seal(SHOPIFY_TOKEN)}
        session.add(Source(shop_id=owner.id, kind="shopify", secrets=[], api=access, created_at=NOW))
        session.flush()
        assert check_codes(session, installation, asks=True)[0].level == "ok"
        api.scopes.clear()
        [found] = check_codes(session, installation, asks=True)
        assert (found.level, "write_discounts" in found.remedy) == ("fail", True)
