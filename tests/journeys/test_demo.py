"""The main job with nothing set up, as a new user runs it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import PROGRAM

RUN = [*PROGRAM, "demo", "--once"]
SETTINGS = {
    "POSTPURCHASE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "POSTPURCHASE_BROKER_URL": "redis://127.0.0.1:1/0",
}


def _run(folder: Path, *options: str) -> str:
    environment = os.environ | SETTINGS | {"COLUMNS": "100"}
    run = subprocess.run(
        [*RUN, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr + run.stdout
    return run.stdout


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(_run(tmp_path_factory.mktemp("demo"), "--json"))


def test_the_demo_prints_an_order_and_its_three_emails_reads_no_setting_and_leaves_nothing(tmp_path: Path) -> None:
    printed = _run(tmp_path)
    assert printed.count("Subject") == 3
    assert "3 emails, each sent once" in printed
    assert list(tmp_path.iterdir()) == []


def test_the_three_emails_arrive_in_their_windows(document: Any) -> None:
    mails = document["mails"]
    assert [mail["step"] for mail in mails] == ["confirmation", "shipping", "follow_up"]
    times = [mail["sent_at"] for mail in mails]
    assert times == sorted(times)


def test_no_product_is_offered_twice_and_every_offer_has_its_reason(document: Any) -> None:
    products = [product for mail in document["mails"] for product in mail["products"]]
    assert len({product["product_id"] for product in products}) == len(products) >= 4
    assert all(product["why"] for product in products)


def test_the_code_comes_with_the_shipping_mail_and_is_the_same_in_the_follow_up(document: Any) -> None:
    confirmation, shipping, follow_up = (mail["code"] for mail in document["mails"])
    assert confirmation is None
    assert shipping is not None
    assert shipping == follow_up
