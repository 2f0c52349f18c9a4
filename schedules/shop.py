"""A shop as the core sees it: names, defaults, roles, policies. Stored as JSON beside the shop's row."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from schedules.values import Stored


class Role(StrEnum):
    """Who else sends this step's facts. See `email_templates` for how a mail differs by role."""

    REPLACE = "replace"  # ours is the only one: transactional
    COMPANION = "companion"  # the platform already sent the facts: ours is marketing
    OFF = "off"


class CodeSource(StrEnum):
    """Who makes a shop's discount codes."""

    NONE = "none"  # nobody: mails carry no codes
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    POOL = "pool"  # the shop made them in advance


class Stream(Stored):
    """One sender stream. `from_address` is a bare address; the shop's name is shown with it."""

    from_address: str = ""
    reply_to: str = ""
    link_host: str = Field(default="", description="base URL of links in this stream; empty: POSTPURCHASE_PUBLIC_URL")
    ramp_since: date | None = Field(default=None, description="first day of a new stream; see schedules/ramp.py")


class Brand(Stored):
    colour: str = "#1f5c4a"
    logo_url: str = ""


class Legal(Stored):
    """What a receipt and a marketing mail must carry."""

    company: str = ""
    postal_address: str = Field(default="", description="lines separated by newlines")
    vat_id: str = ""
    terms_url: str = ""
    withdrawal_info_url: str = Field(default="", description="the instruction on the right of withdrawal (EU, UK)")
    withdrawal_url: str = Field(default="", description="where customers withdraw (directive (EU) 2023/2673)")
    privacy_url: str = ""
    returns_url: str = ""


class Blackout(Stored):
    """Days, both included and of the shop's zone, on which no marketing mail of these steps goes; none: of no step."""

    first: date
    last: date
    steps: tuple[str, ...] = ()
    note: str = ""


class Handling(Stored):
    """Handling and transit days for one method and country; empty fields match anything."""

    country: str = ""
    method: str = ""
    handling_days: tuple[int, int] = (0, 1)
    transit_days: tuple[int, int] = (1, 3)


class ShopProfile(Stored):
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    name: str
    url: str = ""
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    locale: str = "en"
    timezone: str = "UTC"
    roles: dict[str, Role] = Field(
        default_factory=dict, description="step name -> role; missing: replace (follow_up: replace)"
    )
    transactional: Stream = Stream()
    marketing: Stream = Stream()
    brand: Brand = Brand()
    legal: Legal = Legal()
    handling: tuple[Handling, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    return_days: int = Field(default=30, description="length of the return window in days after delivery")
    soft_opt_in: bool = Field(
        default=False,
        description="the owner confirms: checkout tells buyers about such mails and lets them refuse",
    )
    formal_address: dict[str, bool] = Field(default_factory=dict, description="language -> formal address ('Sie')")
    mails_order_updates: bool = Field(default=False, description="the shop's platform mails order edits itself")
    history_imported: bool = False
    free_shipping_from: dict[str, Decimal] = Field(
        default_factory=dict, description="currency -> the value of an order from which it ships free"
    )
    change_url: str = Field(
        default="", description="where customers change or cancel; `{number}` becomes the order's. Empty: by mail"
    )
    contact_name: str = Field(default="", description="who answers customers of high value, by first name")
    discount_ceiling: Decimal = Field(
        default=Decimal(15), ge=0, le=100, description="most that a code takes off, in percent"
    )
    codes: CodeSource = CodeSource.NONE
    code_collection: str = Field(default="", description="Shopify: id of the collection that codes are for; empty: all")
    checkout_links: bool = Field(
        default=True, description="WooCommerce 10 or newer: links that fill a cart and apply a code"
    )

    def role(self, step: str) -> Role:
        return self.roles.get(step, Role.REPLACE)

    def blackout(self, step: str, day: date) -> Blackout | None:
        """The blackout that covers this shop-local day for a step; the one that ends last."""
        covering = [
            each for each in self.blackouts if each.first <= day <= each.last and (not each.steps or step in each.steps)
        ]
        return max(covering, key=lambda each: each.last, default=None)
