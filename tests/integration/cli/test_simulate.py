"""`simulate`: a marketer asks what would go out, and nothing is kept."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.integration.cli.conftest import Cli
from worker.cli.folders import write_folder
from worker.store.content import packaged_content
from worker.store.models import Message, OrderRow
from worker.store.session import Database

PLACED = ("--placed", "2026-05-14T09:12+01:00")


def test_an_order_that_never_was_shows_the_shops_three_mails_and_is_not_kept(
    cli: Cli, shop: str, database: Database
) -> None:
    told = cli("simulate", shop, *PLACED)
    assert "confirmation sent" in told.out
    assert "Tue 26 May 2026" in told.out
    messages = cli("simulate", shop, *PLACED, "--json").document["messages"]
    assert [message["step"] for message in messages] == ["confirmation", "shipping", "follow_up"]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
        assert session.scalar(select(func.count()).select_from(OrderRow)) == 0


def test_a_changed_delay_can_be_tried_before_it_is_published(cli: Cli, shop: str, tmp_path: Path) -> None:
    write_folder(packaged_content(), tmp_path / "content")
    at = tmp_path / "content" / "sequences" / "post_purchase.yaml"
    at.write_text(at.read_text().replace("send: 2 minutes ", "send: 45 minutes "))
    confirmation, *_ = cli("simulate", shop, *PLACED, "--from", str(tmp_path / "content"), "--json").document[
        "messages"
    ]
    assert confirmation["at"] == "2026-05-14T08:57:00+00:00"


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--country", "Deutschland", "two letters"),
        ("--country", "XX", "'XX' is no country"),
        ("--country", "uk", "The United Kingdom is GB"),
        ("--shipped", "soon", "no length"),
        ("--placed", "then", "ISO"),
    ],
)
def test_what_cannot_be_imagined_is_refused_in_a_sentence(cli: Cli, option: str, value: str, sentence: str) -> None:
    refused = cli("simulate", option, value)
    assert refused.code == 2
    assert sentence in refused.err
