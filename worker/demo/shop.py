"""Northkettle as an installation knows it: settings, source, catalogue, pairings, guides."""

from importlib.resources import files

from schedules.shop import Handling, Legal, ShopProfile, Stream

SLUG = "northkettle"
SECRET = "demo-shop-signing-secret"  # noqa: S105 - signs invented webhooks on this machine, protects nothing
IMAGES_AT = "/demo/images"
CSV_BASE = "http://127.0.0.1:8000"
"""Where the catalogue's pictures live in the CSV files; the demo puts its own address there."""


def profile() -> ShopProfile:
    return ShopProfile(
        slug=SLUG,
        name="Northkettle",
        url="https://northkettle.example",
        currency="EUR",
        locale="en",
        timezone="Europe/Dublin",
        transactional=Stream(from_address="orders@northkettle.example", reply_to="hello@northkettle.example"),
        marketing=Stream(from_address="hello@news.northkettle.example", reply_to="hello@northkettle.example"),
        legal=Legal(
            company="Northkettle Ltd.",
            postal_address="Northkettle Ltd.\n3 Copper Row\nGalway H91 X0X2\nIreland",
            vat_id="IE 0000000 X",
            terms_url="https://northkettle.example/terms",
            withdrawal_url="https://northkettle.example/withdrawal",
            privacy_url="https://northkettle.example/privacy",
            returns_url="https://northkettle.example/returns",
        ),
        handling=(Handling(country="IE", handling_days=(0, 1), transit_days=(1, 2)),),
        history_imported=True,
    )


def csv_text(name: str, *, public_url: str) -> str:
    """`products`, `pairings` or `guides`, with pictures at this installation's address."""
    text = (files("worker.demo") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return text.replace(CSV_BASE, public_url)
