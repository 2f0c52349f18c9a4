"""`postpurchase source set`: how a source's bodies are read, and how refusals get back to the shop."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.orm import Session

from worker.cli.context import opened
from worker.cli.output import JsonFlag, local, say, show, state_text, table
from worker.cli.secret_files import read_secret
from worker.cli.shops import Slug
from worker.errors import UserError
from worker.platforms.registry import PLATFORMS, WRITERS
from worker.platforms.woocommerce.prices import SHOWN
from worker.reports.refusals import untold
from worker.sealing import Sealer
from worker.settings import is_loopback
from worker.store.codes import wake_source as wake_codes
from worker.store.models import Source
from worker.store.shops import find_source, get_shop, profile_of
from worker.store.write_backs import wake_source

URL_HELP = "The shop's own address, like https://northkettle.myshopify.com, for writing refusals back."
KEY_HELP = "A file with the key of the shop's API: Shopify's access token, or WooCommerce's key and secret."
META_HELP = "WooCommerce: the meta key in which a newsletter plugin keeps consent."
YES_HELP = "WooCommerce: a value of it that means yes. Give it again for more."
TAX_DISPLAYS = (*SHOWN, "entered")
NO_HELP = "WooCommerce: the value that means no there. Default: no."
TAX_HELP = (
    "WooCommerce: how it shows prices during checkout, incl or excl tax, if not as they are entered (`entered`): "
    "Settings, Tax, Display prices during basket and checkout."
)
Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(sorted(PLATFORMS))}.")]
Writing = Annotated[str, typer.Argument(metavar="KIND", help=f"One of: {', '.join(sorted(WRITERS))}.")]


def set_source(
    shop: Slug,
    kind: Writing,
    api_url: Annotated[str | None, typer.Option("--api-url", help=URL_HELP)] = None,
    api_key_file: Annotated[Path | None, typer.Option("--api-key-file", help=KEY_HELP)] = None,
    consent_meta_key: Annotated[str | None, typer.Option("--consent-meta-key", help=META_HELP)] = None,
    consent_yes: Annotated[list[str] | None, typer.Option("--consent-yes", help=YES_HELP)] = None,
    consent_no: Annotated[str | None, typer.Option("--consent-no", help=NO_HELP)] = None,
    tax_display: Annotated[str | None, typer.Option("--tax-display", help=TAX_HELP)] = None,
    json: JsonFlag = False,
) -> None:
    """Let a source read consent and prices, and write refusals back to the shop. The key is stored encrypted.

    An empty text takes back what was set; `--api-url ''` also the key.
    """
    options: dict[str, Any] = {"consent_meta_key": consent_meta_key, "consent_no_value": consent_no}
    options["consent_values"] = [value for value in consent_yes if value] if consent_yes else None
    options["tax_display"] = _tax_display(tax_display)
    given = {name: value for name, value in options.items() if value is not None}
    if not given and api_url is None and api_key_file is None:
        raise UserError("Say what to set: see `postpurchase source set --help`.")
    with opened() as installation, installation.database.write() as session:
        source = source_of(session, shop, kind)
        if given and kind != "woocommerce":
            raise UserError(
                f"--consent-… and --tax-display are for woocommerce alone: {kind} tells both in fields of its own."
            )
        source.options = {name: value for name, value in (source.options | given).items() if value}
        if api_url is not None or api_key_file is not None:
            source.api = _api(source, installation.sealer, api_url, api_key_file)
            wake_source(session, source.id, installation.clock.now())
            wake_codes(session, source.id, installation.clock.now())
        state = write_back_state(source)
    say(f"{shop} {kind} is set. Refusals: {state}.", json, shop=shop, kind=kind, write_back=state)


def refusals(shop: Slug, kind: Writing, json: JsonFlag = False) -> None:
    """List who refused, or came back, without the shop having heard of it, and why not."""
    with opened() as installation, installation.database.read() as session:
        lines = untold(session, source_of(session, shop, kind).id)
        zone = profile_of(get_shop(session, shop)).timezone

    def draw(console: Console) -> None:
        if not lines:
            console.print(f"{escape(shop)} {escape(kind)} has heard of everything.")
            return
        drawn = table("since", "address", "wants", "state", "why")
        for line in lines:
            wants = "no marketing" if line.wanted == "unsubscribed" else "marketing again"
            cells = (escape(line.address), wants, state_text(line.state), escape(line.note))
            drawn.add_row(local(line.wanted_at, zone), *cells)
        console.print(drawn)

    show({"refusals": [line.model_dump(mode="json") for line in lines]}, json, draw)


def write_back_state(source: Source) -> str:
    """Whether refusals get back to this shop, in a few words."""
    writer = WRITERS.get(source.kind)
    if writer is None:
        return "not written back, this kind has no way"
    if not source.api:
        return "wait for --api-url and --api-key-file"
    missing = writer.missing(source.options)
    return f"wait. {missing}".rstrip(".") if missing else "written back"


def check_kind(kind: str) -> None:
    """Lets a kind of source pass that there is.

    Raises:
        UserError: there is none of that name.
    """
    if kind not in PLATFORMS:
        raise UserError(f"There is no kind of source {kind!r}. Known kinds: {', '.join(sorted(PLATFORMS))}.")


def _tax_display(told: str | None) -> str | None:
    if not told or told in TAX_DISPLAYS:
        return told
    raise UserError(f"--tax-display is one of {', '.join(TAX_DISPLAYS)}, not {told!r}.")


def source_of(session: Session, shop: str, kind: str) -> Source:
    """The shop's source of this kind.

    Raises:
        UserError: there is none; the sentence says how to connect it.
    """
    check_kind(kind)
    found = find_source(session, shop, kind)
    if found is None:
        raise UserError(f"{shop} has no {kind} source. Connect it with `postpurchase source add {shop} {kind} …`.")
    return found[1]


def _api(source: Source, sealer: Sealer, url: str | None, key_file: Path | None) -> dict[str, Any]:
    writer = WRITERS.get(source.kind)
    if writer is None:
        raise UserError(f"Refusals are written back to {' and '.join(sorted(WRITERS))} alone, not to {source.kind}.")
    has_no_file = key_file == Path()  # as an empty text is read
    if url == "" and (key_file is None or has_no_file):
        return {}
    if has_no_file:
        raise UserError("The key goes with the address: `--api-url ''` takes both back.")
    base = _checked_url(url) if url is not None else str(source.api.get("url", ""))
    if not base:
        raise UserError("Give the shop's address too, with --api-url.")
    if key_file is None:
        if not source.api:
            raise UserError("Give the API key too, with --api-key-file.")
        return source.api | {"url": base}
    key = read_secret(key_file, "--api-key-file")
    if fault := writer.key_fault(key):
        raise UserError(f"The file {key_file} holds no key. {fault}")
    return {"url": base, "sealed": sealer.seal(key)}


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # half an IPv6 address, or a port that is none
        parts = urlsplit("")
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise UserError(f"{url!r} is no address of a shop. Give one like https://northkettle.myshopify.com.")
    if parts.scheme != "https" and not is_loopback(url):
        raise UserError("The API key would be sent unencrypted: give an address that begins with https://.")
    return url.rstrip("/")
