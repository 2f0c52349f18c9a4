"""`person` as it is asked, and the file that it writes."""

import json
from pathlib import Path
from stat import S_IMODE

import pytest

from tests.integration.cli.conftest import Cli
from tests.support.rows import make_event, make_message, make_order
from worker.store.session import Database
from worker.store.shops import get_shop

MIA = "mia@example.com"


@pytest.fixture
def known(database: Database, shop: str) -> str:
    with database.write() as session:
        row = make_order(session, get_shop(session, shop), address=MIA)
        make_message(session, row, address=MIA)
        make_message(session, row, "shipping", address=MIA)
    return shop


def test_people_are_told_how_much_of_each_kind_there_is(cli: Cli, known: str) -> None:
    told = cli("person", known, MIA)
    assert told.code == 0
    assert [line.split() for line in told.out.splitlines()[1:3]] == [["orders", "1"], ["messages", "2"]]
    assert "--to FILE" in told.out


def test_programs_get_one_document(cli: Cli, known: str) -> None:
    kept = cli("person", known, MIA, "--json").document["kept"]
    assert [row["step"] for row in kept["messages"]] == ["confirmation", "shipping"]


@pytest.mark.parametrize("body", ['{"a":' * 400 + "1" + "}" * 400, '{"a": NaN}', '{"a": "\\ud83d"}', "no JSON", "\x00"])
def test_a_body_that_could_not_be_written_as_json_is_told_as_text(
    cli: Cli, database: Database, known: str, tmp_path: Path, body: str
) -> None:
    with database.write() as session:
        make_event(session, get_shop(session, known), order_ref="id-1042", state="failed", body=body.encode())
    file = tmp_path / "mia.json"
    assert cli("person", known, MIA, "--to", str(file)).code == 0
    assert [row["body"] for row in json.loads(file.read_text(encoding="utf-8"))["kept"]["webhooks"]] == [body]


def test_the_file_is_for_its_user_alone_and_takes_no_others_place(cli: Cli, known: str, tmp_path: Path) -> None:
    file = tmp_path / "mia.json"
    assert str(file) in cli("person", known, MIA, "--to", str(file)).out
    written = file.read_text(encoding="utf-8")
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(written)["kept"] == cli("person", known, MIA, "--json").document["kept"]
    again = cli("person", known, MIA, "--to", str(file))
    assert (again.code, "is there already" in again.err) == (2, True)
    assert file.read_text(encoding="utf-8") == written


def test_with_a_file_the_document_on_stdout_tells_what_is_in_it(cli: Cli, known: str, tmp_path: Path) -> None:
    file = tmp_path / "mia.json"
    told = cli("person", known, MIA, "--to", str(file), "--json").document
    assert (told["file"], told["counts"]["messages"], "kept" in told) == (str(file), 2, False)


def test_an_address_that_nobody_knows_is_wrong_input_and_leaves_no_file(cli: Cli, known: str, tmp_path: Path) -> None:
    file = tmp_path / "noah.json"
    told = cli("person", known, "noah@example.com", "--to", str(file), "--json")
    assert (told.code, told.document["exit_code"], file.exists()) == (2, 2, False)
    assert told.document["error"].startswith("Nothing is kept of 'noah@example.com' in the shop 'northkettle'.")
    assert told.code == cli("timeline", known, "9999").code


def test_a_shop_that_nobody_knows_is_a_document_too(cli: Cli, known: str) -> None:
    told = cli("person", "nowhere", MIA, "--json")
    assert (told.code, told.document["exit_code"]) == (2, 2)
