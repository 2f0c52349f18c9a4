"""What rendering needs and gives."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal

from schedules.codes import CodeKind
from schedules.facts import Facts, LineItem, Money
from schedules.parcel_facts import DeliverySource
from schedules.records import record
from schedules.shop import Role, ShopProfile


@record
class Content:
    """A revision's files: relative path -> text.

    Paths are `sequences/post_purchase.yaml` and `email_templates/<template>/body.mjml` and the like.
    `digest` identifies them (SHA-256 of paths and texts): the key of everything compiled from them.
    """

    digest: str
    files: Mapping[str, str]


@record
class ProductView:
    """A catalogue product as shown in a card or behind an order line. `price` in the order's currency, else None."""

    product_id: str
    variant_id: str
    title: str
    short_title: str
    url: str
    image_url: str
    price: Money | None = None
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    discreet: bool = False
    on_sale: bool = False
    rating: Decimal | None = None
    rating_count: int | None = None


def is_discreet(line: LineItem, products: Mapping[str, ProductView]) -> bool:
    """Whether the product behind an order line is; `products`: by product id."""
    product = products.get(line.product_id or "")
    return product is not None and product.discreet


@record
class OfferCard:
    """One suggestion with its reason. `why` is the sentence the mail prints; `kind` names where it comes from."""

    product: ProductView
    kind: str
    why: str
    url: str  # where the button leads, code applied when there is one
    is_cart: bool = False  # it leads to a filled cart
    has_choice: bool = False  # it comes in several variants, and nobody knows which one is wanted
    is_discounted: bool = False  # the code takes something off it
    hide_url: str = ""
    parts_price: Money | None = None  # of a set: what its parts cost one by one, when that is more
    proof: str = ""  # what the choice rests on, for the timeline
    bought_at: datetime | None = None  # of a refill: when it was bought last
    for_product: str = ""  # of a refill or an upgrade: which product of the order it is about
    goes_with: frozenset[str] | None = None  # ids of the products of the order that it goes with; None: not told


@record
class CodeView:
    code: str
    kind: CodeKind
    value: Decimal
    currency: str
    ends_at: datetime  # last moment it is valid, aware UTC; shown in the shop's zone
    minimum: Money | None = None  # least that must be spent for it to work
    excluded: tuple[str, ...] = ()  # names of what it is not for, beside gift cards
    is_for_shown: bool = False  # only for what the mails show
    is_for_full_price: bool = False  # not for what is on sale


@record
class GuideView:
    headline: str
    tips: tuple[str, ...]
    url: str


@record
class Offer:
    cards: tuple[OfferCard, ...] = ()
    code: CodeView | None = None


@record
class Links:
    """Signed links of this mail; empty text where the mail has none."""

    unsubscribe: str = ""  # page behind /u/{token}; marketing mails
    no_offers: str = ""  # /u/{token} with scope offers: "No offers in my order emails"
    feedback_yes: str = ""
    feedback_no: str = ""


@record
class MailInputs:
    """Everything a mail is made of. Pure data; the renderer asks nobody else."""

    shop: ShopProfile
    facts: Facts
    step: str
    role: Role
    parcel_group: str
    locale: str
    timezone: str
    now: datetime
    products: dict[str, ProductView] = field(default_factory=dict)  # by product_id, of the order's own lines
    pictures: dict[str, str] = field(default_factory=dict)  # by line id, of the variants that were bought
    offer: Offer | None = None
    guide: GuideView | None = None
    links: Links = field(default_factory=Links)
    delivery_source: DeliverySource = DeliverySource.REPORTED
    is_first_time: bool = False
    contact: str = ""  # who reads answers, by name, for customers of high value; empty: a person
    is_test: bool = False
    expected: tuple[date, date] | None = None  # expected delivery days, when a table or carrier gives them
    return_ends_on: date | None = None


@record
class RenderedMail:
    subject: str
    preview: str
    html: str
    text: str
    variant: str
