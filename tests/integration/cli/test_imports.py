"""Imports from the command line."""

from pathlib import Path

from tests.integration.cli.conftest import Cli
from worker.demo import shop as northkettle


def _file(folder: Path, name: str) -> str:
    path = folder / f"{name}.csv"
    path.write_text(northkettle.csv_text(name, public_url="https://northkettle.example"), encoding="utf-8")
    return str(path)


def test_importing_twice_changes_nothing_twice(cli: Cli, shop: str, tmp_path: Path) -> None:
    for name in ("products", "pairings", "guides"):
        first = cli(name, "import", shop, _file(tmp_path, name), "--json").document
        second = cli(name, "import", shop, _file(tmp_path, name), "--json").document
        assert first["added"] > 0
        assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, first["added"])


def test_pairings_that_a_file_does_not_name_any_more_are_removed_on_demand(cli: Cli, shop: str, tmp_path: Path) -> None:
    cli("products", "import", shop, _file(tmp_path, "products"))
    whole = Path(_file(tmp_path, "pairings"))
    cli("pairings", "import", shop, str(whole))
    head, first, *rest = whole.read_text("utf-8").splitlines()
    whole.write_text("\n".join((head, first)), encoding="utf-8")
    assert cli("pairings", "import", shop, str(whole), "--json").document["removed"] == 0
    assert f"{len(rest)} removed" in cli("pairings", "import", shop, str(whole), "--replace").out


def test_a_product_that_can_never_be_offered_is_said_so(cli: Cli, shop: str, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(
        "product_id,title,url,image_url,price,currency\n1,Dripper 02,https://northkettle.example/1,,29.00,EUR\n",
        encoding="utf-8",
    )
    ran = cli("products", "import", shop, str(path))
    assert "1 product: 1 added" in ran.out
    assert "Dripper 02 is left out of offers: it has no image" in ran.out


def test_a_malformed_file_is_told_by_file_line_and_remedy_and_changes_nothing(
    cli: Cli, shop: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(
        "product_id,title,url,image_url,price,currency\n"
        "1,Dripper 02,https://northkettle.example/1,https://northkettle.example/1.jpg,29.00,EUR\n"
        "2,Kettle 0.9,https://northkettle.example/2,https://northkettle.example/2.jpg,dear,ZZZ\n",
        encoding="utf-8",
    )
    refused = cli("products", "import", shop, str(path))
    mended = path.read_text(encoding="utf-8").replace("dear,ZZZ", "49.00,EUR")
    path.write_text(mended, encoding="utf-8")
    assert refused.code == 2
    assert "broken.csv:3: price is 'dear'" in refused.err
    assert "ISO 4217" in refused.err
    assert cli("products", "import", shop, str(path), "--json").document["added"] == 2


def test_a_file_that_is_not_there_is_a_sentence(cli: Cli, shop: str, tmp_path: Path) -> None:
    refused = cli("guides", "import", shop, str(tmp_path / "nowhere.csv"))
    assert refused.code == 2
    assert "nowhere.csv" in refused.err
    assert "Traceback" not in refused.err
