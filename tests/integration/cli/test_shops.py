"""Shops and sources from the command line."""

import itertools
import os
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Cli
from worker.store.session import Database
from worker.store.shops import find_source, get_shop, list_sources, profile_of


def test_an_added_shop_is_shown_with_what_it_was_given(cli: Cli) -> None:
    added = cli("shop", "add", "northkettle", "--name", "Northkettle", "--reply-to", "hi@northkettle.example")
    shown = cli("shop", "show", "northkettle", "--json").document
    assert added.code == 0
    assert shown["shop"]["name"] == "Northkettle"
    assert (
        shown["shop"]["marketing"]["reply_to"] == shown["shop"]["transactional"]["reply_to"] == "hi@northkettle.example"
    )


def test_who_added_a_shop_is_told_of_each_kind_of_source(cli: Cli) -> None:
    told = cli("shop", "add", "northkettle", "--currency", "EUR").out
    assert "source add northkettle KIND --secret-file FILE`, of the kind shopify, standard or woocommerce." in " ".join(
        told.split()
    )


def test_a_shop_is_shown_in_words_that_its_options_take(cli: Cli, shop: str) -> None:
    options = {
        "--free-shipping-from": "EUR=50,USD=60",
        "--formal": "de,fr",
        "--delivery-days": "IE=0-1+2,*/Express=0+1-3",
    }
    assert cli("shop", "set", shop, *itertools.chain(*options.items()), "--no-checkout-links").code == 0
    shown = cli("shop", "show", shop).out
    assert not [value for value in options.values() if value not in shown]
    same = cli("shop", "set", shop, *itertools.chain(*options.items()), "--json").document
    assert same["changed"] is False
    assert not [word for word in ("Decimal", "None", "True", "False", "{") if word in shown]
    lines = [line.split() for line in shown.splitlines()]
    assert ["checkout", "links", "no"] in lines
    assert not [line for line in lines if line[:2] == ["marketing", "ramp"]]


@pytest.mark.parametrize(
    ("option", "value", "path"),
    [
        ("--logo-url", "https://northkettle.example/logo.png", ("brand", "logo_url")),
        ("--contact-name", "Mia", ("contact_name",)),
        ("--marketing-ramp-since", "2026-12-01", ("marketing", "ramp_since")),
        ("--code-collection", "4711", ("code_collection",)),
    ],
)
def test_what_a_shop_goes_without_is_taken_back_by_an_empty_text(
    cli: Cli, shop: str, option: str, value: str, path: tuple[str, ...]
) -> None:
    def kept() -> object:
        told = cli("shop", "show", shop, "--json").document["shop"]
        for name in path:
            told = told[name]
        return told

    before = kept()
    assert cli("shop", "set", shop, option, value).code == 0
    assert kept() == value
    assert cli("shop", "set", shop, option, "").code == 0
    assert kept() == before
    assert "a code like EUR" in cli("shop", "set", shop, "--currency", "").err


def test_setting_nothing_is_no_change_of_a_shop(cli: Cli, shop: str) -> None:
    refused = cli("shop", "set", shop)
    assert refused.code == 2
    assert "shop set --help" in refused.err


def test_adding_a_shop_twice_changes_nothing_twice(cli: Cli, shop: str) -> None:
    again = cli("shop", "add", shop, "--currency", "EUR", "--json")
    assert again.code == 0
    assert again.document["changed"] is False


def test_adding_a_shop_with_other_values_points_to_shop_set(cli: Cli, shop: str) -> None:
    other = cli("shop", "add", shop, "--currency", "USD")
    assert other.code == 2
    assert "another currency" in other.err
    assert "shop set northkettle" in other.err


def test_setting_a_value_leaves_the_others_alone(cli: Cli, shop: str, database: Database) -> None:
    assert cli("shop", "set", shop, "--role", "shipping=companion", "--soft-opt-in").code == 0
    with database.read() as session:
        profile = profile_of(get_shop(session, shop))
    assert (profile.role("shipping"), profile.soft_opt_in) == ("companion", True)
    assert (profile.currency, profile.timezone) == ("EUR", "Europe/Dublin")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("--currency", "EURO", "like EUR"),
        ("--timezone", "Europe/Atlantis", "Europe/Berlin"),
        ("--locale", "xx-nowhere", "pt-BR"),
        ("--reply-to", "nobody", "hi@shop.com"),
        ("--marketing-from", "hello@news..northkettle.example", "hi@shop.com"),
        ("--postal-address", " \\n ", "some text"),
        ("--logo-url", "https://northkettle.example/logo.SVG?v=2", "PNG or JPEG"),
        ("--url", "northkettle.example", "https://"),
        ("--url", "https://northkettle.example /shop", "https://"),
        ("--change-url", "northkettle.example/contact", "https://"),
        ("--change-url", "https://northkettle.example/change?order={id}", "{number}"),
        ("--return-days", "99999999999", "at most 3650"),
        ("--formal", "German", "like de"),
        ("--delivery-days", "DE=3-1+2", "DE=0-1+1-2"),
        ("--delivery-days", "Germany=1+2", "DE=0-1+1-2"),
        ("--role", "shipping=loud", "replace, companion, off"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wanted(
    cli: Cli, shop: str, option: str, value: str, remedy: str
) -> None:
    refused = cli("shop", "set", shop, option, value)
    assert refused.code == 2
    assert remedy in refused.err
    assert "Traceback" not in refused.err


def test_what_a_terminal_sends_in_another_encoding_is_refused(cli: Cli, shop: str) -> None:
    """Zoë in Latin-1: such a name could be stored, and no mail could be written with it."""
    refused = cli("shop", "set", shop, "--name", os.fsdecode(b"Zo\xeb"))
    assert (refused.code, "UTF-8" in refused.err) == (2, True)
    assert cli("shop", "set", shop, "--name", "Zoë 🫖").code == 0


def test_every_fault_of_one_command_is_named_at_once(cli: Cli, shop: str) -> None:
    refused = cli("shop", "set", shop, "--currency", "X", "--timezone", "Y")
    assert "--currency" in refused.err
    assert "--timezone" in refused.err


def test_a_slug_that_fits_no_url_is_refused(cli: Cli) -> None:
    refused = cli("shop", "add", "North Kettle")
    assert refused.code == 2
    assert "lower-case" in refused.err


def test_an_unknown_shop_names_the_known_ones(cli: Cli, shop: str) -> None:
    refused = cli("shop", "show", "southkettle")
    assert refused.code == 2
    assert "Known shops: northkettle" in refused.err


def test_an_error_with_json_is_one_document_too(cli: Cli, shop: str) -> None:
    refused = cli("shop", "show", "southkettle", "--json")
    assert refused.document["exit_code"] == 2
    assert "southkettle" in refused.document["error"]


def test_without_shops_the_list_says_how_to_add_one(cli: Cli) -> None:
    assert "postpurchase shop add" in cli("shop", "list").out
    assert cli("shop", "list", "--json").document == {"shops": []}


def test_the_form_of_a_standard_source_is_printed_without_an_installation(cli: Cli) -> None:
    assert "order.placed" in cli("source", "schema").document["discriminator"]["mapping"]


def test_a_source_is_kept_sealed_and_its_url_is_told(cli: Cli, shop: str, database: Database, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hush-hush\n", encoding="utf-8")
    added = cli("source", "add", shop, "shopify", "--secret-file", str(secret), "--json")
    again = cli("source", "add", shop, "shopify", "--secret-file", str(secret), "--json")
    assert added.document["url"] == "http://127.0.0.1:8000/webhooks/northkettle/shopify"
    assert (added.document["changed"], again.document["changed"]) == (True, False)
    with database.read() as session:
        (source,) = list_sources(session, get_shop(session, shop).id)
    assert "hush-hush" not in str(source.secrets)


def test_an_address_for_webhooks_stays_in_one_piece_in_a_narrow_window(
    cli: Cli, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = "https://a-rather-long-name-of-a-host-for-mails.of-a-shop.northkettle.example"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("POSTPURCHASE_PUBLIC_URL", base)
    (tmp_path / "secret").write_text("hush-hush", encoding="utf-8")
    added = cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "secret"))
    for told in (added.out, cli("source", "list").out):
        assert f"{base}/webhooks/northkettle/shopify" in told.split()


def test_a_second_secret_needs_rotate_which_keeps_the_first(cli: Cli, shop: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("one", encoding="utf-8")
    new.write_text("two", encoding="utf-8")
    cli("source", "add", shop, "shopify", "--secret-file", str(old))
    refused = cli("source", "add", shop, "shopify", "--secret-file", str(new))
    rotated = cli("source", "rotate", shop, "shopify", "--secret-file", str(new), "--json")
    early = cli("source", "rotate", shop, "shopify", "--retire-old")
    assert (early.code, "No webhook has come with the newest secret" in early.err) == (2, True)
    assert cli("source", "list", "--json").document["sources"][0]["secrets"] == 2
    retired = cli("source", "rotate", shop, "shopify", "--retire-old", "--yes", "--json")
    assert (refused.code, "source rotate" in refused.err) == (2, True)
    assert rotated.document["active"] == 2
    assert (retired.document["active"], retired.document["retired"]) == (1, 1)


def test_a_secret_file_that_is_not_there_is_a_sentence(cli: Cli, shop: str, tmp_path: Path) -> None:
    refused = cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "nowhere"))
    assert refused.code == 2
    assert f"--secret-file names {tmp_path / 'nowhere'}, which cannot be read (No such file" in refused.err
    assert "Traceback" not in refused.err


def test_a_file_of_several_lines_holds_no_signing_secret(cli: Cli, shop: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("Client ID\n4711\nSecret\nshpss_1\n", encoding="utf-8")
    refused = cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "page"))
    assert (refused.code, "holds several lines" in refused.err) == (2, True)


def test_the_mark_that_some_editors_begin_a_file_with_is_no_part_of_a_secret(
    cli: Cli, shop: str, tmp_path: Path
) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        (tmp_path / "secret").write_text("shpss_1", encoding=encoding)
        added = cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "secret"))
        assert added.code == 0
    assert "nothing changed" in added.out


def test_an_unknown_kind_of_source_names_the_known_kinds(cli: Cli, shop: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    refused = cli("source", "add", shop, "shoplify", "--secret-file", str(secret))
    assert refused.code == 2
    assert "shopify" in refused.err


def test_a_stream_gets_a_key_of_its_own_sealed_and_can_give_it_back(
    cli: Cli, shop: str, database: Database, tmp_path: Path
) -> None:
    key = tmp_path / "key.txt"
    key.write_text("SG.marketing-key\n", encoding="utf-8")
    assert cli("shop", "key", shop, "marketing", "--key-file", str(key), "--json").document["has_own_key"] is True
    with database.read() as session:
        kept = get_shop(session, shop).stream_keys
    assert list(kept) == ["marketing"]
    assert "SG.marketing-key" not in str(kept)
    assert cli("shop", "key", shop, "marketing", "--remove", "--json").document["has_own_key"] is False
    with database.read() as session:
        assert get_shop(session, shop).stream_keys == {}
    assert cli("shop", "key", shop, "marketing").code == 2
    key.write_text("", encoding="utf-8")
    assert "--key-file names" in cli("shop", "key", shop, "marketing", "--key-file", str(key)).err
    key.write_text("SG.schlüssel", encoding="utf-8")
    assert "holds no key" in cli("shop", "key", shop, "marketing", "--key-file", str(key)).err


@pytest.mark.parametrize("words", [("source", "set"), ("source", "refusals"), ("source", "rotate")])
def test_a_kind_of_source_that_is_none_is_answered_with_those_there_are(
    cli: Cli, shop: str, words: tuple[str, ...]
) -> None:
    """It is not offered to be connected."""
    options = {"set": ("--api-url", "https://northkettle.example"), "rotate": ("--retire-old",)}.get(words[1], ())
    ran = cli(*words, shop, "magento", *options)
    assert ran.code == 2
    assert "There is no kind of source 'magento'. Known kinds: shopify, standard, woocommerce." in ran.err
    assert "source add" not in ran.err


def test_a_source_is_given_its_api_key_and_says_how_refusals_fare(cli: Cli, shop: str, tmp_path: Path) -> None:
    for name, text in {"secret": "s3cret", "key": "ck_1\ncs_1", "token": "shpat_1"}.items():
        (tmp_path / name).write_text(text)
    add = ("source", "add", shop, "woocommerce", "--secret-file", str(tmp_path / "secret"))
    change = ("source", "set", shop, "woocommerce")
    assert cli(*add).code == 0
    assert "wait for --api-url" in cli("source", "list", "--json").document["sources"][0]["write_back"]
    api = ("--api-url", "https://northkettle.example/", "--api-key-file", str(tmp_path / "key"))
    assert "--consent-meta-key" in cli(*change, *api, "--json").document["write_back"]
    refused = cli(*change, "--tax-display", "gross")
    assert refused.code == 2
    assert "incl, excl, entered" in refused.err
    taxed = ("--tax-display", "incl")
    done = cli(*change, "--consent-meta-key", "newsletter", "--consent-yes", "1", *taxed, "--json").document
    assert done["write_back"] == "written back"
    assert cli("source", "refusals", shop, "woocommerce", "--json").document == {"refusals": []}


def test_an_empty_text_takes_back_what_was_set_for_a_source(
    cli: Cli, shop: str, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / "key").write_text("ck_1\ncs_1")
    assert cli("source", "add", shop, "woocommerce", "--secret-file", str(tmp_path / "secret")).code == 0
    change = ("source", "set", shop, "woocommerce")
    consent = ("--consent-meta-key", "newsletter", "--consent-yes", "1", "--consent-no", "0", "--tax-display", "incl")
    assert cli(*change, *consent, "--api-url", "https://a.example", "--api-key-file", str(tmp_path / "key")).code == 0
    told = cli(*change, "--consent-meta-key", "", "--consent-yes", "", "--consent-no", "", "--tax-display", "")
    assert "--consent-meta-key" in told.out
    assert "wait for --api-url" in cli(*change, "--api-url", "", "--json").document["write_back"]
    assert cli(*change, "--api-url", "", "--api-key-file", "").code == 0
    with database.read() as session:
        found = find_source(session, shop, "woocommerce")
    assert found is not None
    assert (found[1].options, found[1].api) == ({}, {})


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--api-url", "", "--api-key-file", "secret"), "no address of a shop"),
        (("--api-key-file", ""), "--api-url ''"),
        (("--api-url", "http://northkettle.example"), "begins with https://"),
        (("--api-url", "northkettle"), "no address of a shop"),
        (("--api-url", "https://[::1"), "no address of a shop"),
        (("--api-url", "https://northkettle.example:99999999"), "no address of a shop"),
        (("--api-url", "http://localhost.example.com"), "sent unencrypted"),
        (("--api-url", "https://northkettle.example"), "--api-key-file"),
        (("--api-url", "https://northkettle.example", "--api-key-file", "secret"), "consumer key (ck_…)"),
        (("--api-url", "https://northkettle.example", "--api-key-file", "nowhere"), "--api-key-file names nowhere"),
        ((), "--help"),
    ],
)
def test_what_cannot_reach_a_shops_api_is_refused_with_a_remedy(
    cli: Cli, shop: str, tmp_path: Path, options: tuple[str, ...], remedy: str
) -> None:
    (tmp_path / "secret").write_text("s3cret")
    assert cli("source", "add", shop, "woocommerce", "--secret-file", str(tmp_path / "secret")).code == 0
    refused = cli("source", "set", shop, "woocommerce", *options)
    assert refused.code == 2
    assert remedy in refused.err


def test_where_a_newsletter_plugin_keeps_consent_is_asked_of_woocommerce_alone(
    cli: Cli, shop: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret")
    assert cli("source", "add", shop, "shopify", "--secret-file", str(tmp_path / "secret")).code == 0
    refused = cli("source", "set", shop, "shopify", "--consent-meta-key", "newsletter")
    assert refused.code == 2
    assert "--consent-… and --tax-display are for woocommerce alone" in refused.err
