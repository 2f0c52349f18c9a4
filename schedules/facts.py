"""What is known of one order, in neutral words.

Every platform's bodies become these values (`worker/platforms`), the planner and the emails read nothing else.
Ids are text as the platform writes them (numbers above 2^53 exist), times are aware UTC, money is `Decimal` + ISO 4217
in the currency the customer paid.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, Field

from schedules.parcel_facts import Parcel, ParcelLine, Tracking
from schedules.values import Stored


class Money(Stored):
    """An amount in one currency (ISO 4217 code, upper case)."""

    amount: Decimal
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Address(Stored):
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = Field(default="", description="ISO 3166-1 alpha-2, upper case; empty when unknown")


class LineKind(StrEnum):
    """What a line is, for choosing the hero item and for wording."""

    PHYSICAL = "physical"
    DIGITAL = "digital"
    GIFT_CARD = "gift_card"
    SERVICE = "service"
    TIP = "tip"
    PROTECTION = "protection"  # shipping protection, warranties
    SAMPLE = "sample"
    GIFT_WRAP = "gift_wrap"


class LineProperty(Stored):
    """What the customer had done to a piece: `name` like "Engraving", `value` like "Anna". Their own words."""

    name: str
    value: str


class LineItem(Stored):
    """One order line as it stands now, after edits."""

    id: str
    product_id: str | None = None
    variant_id: str | None = None
    sku: str = ""
    title: str
    variant_title: str = ""
    quantity: int = Field(ge=0, description="current pieces, after edits and removals; 0: removed")
    ordered_quantity: int = Field(ge=0)
    unit_price: Money
    total: Money = Field(description="quantity × unit price less this line's discounts")
    kind: LineKind = LineKind.PHYSICAL
    image_url: str | None = None
    expected_on: date | None = Field(default=None, description="pre-order or back-order: when it should leave")
    properties: tuple[LineProperty, ...] = ()
    part_of: str | None = Field(default=None, description="id of the line of the set that it is in")


class ConsentState(StrEnum):
    """Consent to marketing email; only SUBSCRIBED is a yes, PENDING counts as no."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    NOT_SUBSCRIBED = "not_subscribed"
    UNKNOWN = "unknown"


class Customer(Stored):
    id: str | None = None
    email: str | None = Field(default=None, description="as given, trimmed; None: no address")
    first_name: str = ""
    last_name: str = ""
    consent: ConsentState = ConsentState.UNKNOWN
    consent_at: AwareDatetime | None = None
    orders_count: int | None = Field(default=None, description="orders ever placed, this one included; None: not told")


class PaymentState(StrEnum):
    """Where the money is. OPEN and FAILED do not count as an order yet."""

    OPEN = "open"  # draft, checkout, pending without an accepted way of paying later
    ACCEPTED = "accepted"  # transfer, invoice or cash on delivery: an order, paid later
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_PAID = "partially_paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"

    @property
    def counts_as_order(self) -> bool:
        """Whether money came, is reserved, or paying later was accepted."""
        return self not in (PaymentState.OPEN, PaymentState.FAILED, PaymentState.VOIDED)


class Channel(StrEnum):
    WEB = "web"
    POS = "pos"
    DRAFT = "draft"  # made by staff; an order once it is paid or accepted
    MARKETPLACE = "marketplace"
    SUBSCRIPTION_FIRST = "subscription_first"
    SUBSCRIPTION_RENEWAL = "subscription_renewal"
    REPLACEMENT = "replacement"  # replacement or exchange order
    STAFF = "staff"


class DeliveryKind(StrEnum):
    SHIPPING = "shipping"
    PICKUP = "pickup"
    DIGITAL = "digital"  # nothing leaves a warehouse


class PickupPoint(Stored):
    name: str = ""
    address: Address = Address()
    hours: str = ""
    bring: str = ""


class Gift(Stored):
    """The order is a present: a message, a gift flag, or another recipient."""

    message: str = ""
    hide_prices: bool = False


class Totals(Stored):
    """All in the order's (presentment) currency. `is_net`: what was refunded before the snapshot is off the total."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    paid: Money
    outstanding: Money
    tax_included: bool = False
    is_net: bool = False

    @property
    def beyond_parts(self) -> Decimal:
        """What the total is more than its parts (duties, say); below zero: less (what a gift card paid)."""
        added = Decimal(0) if self.tax_included else self.tax.amount
        return self.total.amount - (self.subtotal.amount - self.discount.amount + self.shipping.amount + added)


class Order(Stored):
    """One snapshot of an order. `updated_at` is the source's version of it."""

    id: str
    number: str = Field(description="as customers see it, without a leading #")
    placed_at: AwareDatetime
    updated_at: AwareDatetime
    payment: PaymentState
    payment_method: str = Field(default="", description="to print: 'Visa •••• 4242', 'Bank transfer'")
    payment_code: str = Field(default="", description="the platform's own word for it, like 'cod'; never printed")
    pay_by: date | None = None
    cancelled_at: AwareDatetime | None = None
    totals: Totals
    customer: Customer
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str = ""
    delivery: DeliveryKind = DeliveryKind.SHIPPING
    pickup: PickupPoint | None = None
    lines: tuple[LineItem, ...] = ()
    locale: str = Field(default="", description="BCP 47 as the platform gives it; empty: the shop's")
    timezone: str = Field(
        default="", description="IANA zone if told; empty: from the address's country, else the shop's"
    )
    status_url: str = ""
    channel: Channel = Channel.WEB
    is_test: bool = False
    is_imported: bool = Field(default=False, description="entered long after it was placed: others told its customer")
    is_b2b: bool = False
    gift: Gift | None = None
    on_hold: bool = Field(default=False, description="the platform holds fulfilment, or an upsell or edit is running")
    discount_codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        return self.totals.total.currency

    @property
    def countries(self) -> frozenset[str]:
        """Where it goes and where its buyer gets the bill, as far as told: the rules of both count."""
        places = (self.shipping_address, self.billing_address)
        return frozenset(place.country for place in places if place and place.country)

    @property
    def home(self) -> Address | None:
        """Where the buyer is most likely to be: a gift goes to somebody else."""
        if self.gift is not None and self.billing_address is not None and self.billing_address.country:
            return self.billing_address
        return self.shipping_address or self.billing_address


class RefundReason(StrEnum):
    CUSTOMER = "customer"  # a return, or what may be one
    STOCK = "stock"  # the shop could not deliver
    OTHER = "other"


class Refund(Stored):
    id: str
    at: AwareDatetime
    amount: Money
    reason: RefundReason = RefundReason.OTHER
    lines: tuple[ParcelLine, ...] = ()


class CaseKind(StrEnum):
    """Reasons for care: each stops offers and the follow-up for this order."""

    RETURN = "return"
    EXCHANGE = "exchange"
    DISPUTE = "dispute"
    TICKET = "ticket"  # a support ticket, or an explicit `hold`
    UNHAPPY = "unhappy"  # "Not really" in the follow-up


class Case(Stored):
    """A return, dispute or ticket. `updated_at` is its version.

    `closed` ends its effect: a ticket was released, a return declined, a dispute won. A finished return stays open.
    """

    id: str
    kind: CaseKind
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    closed: bool = False
    line_ids: tuple[str, ...] = ()


class Edit(Stored):
    """An order edit that the shop committed after the order was placed."""

    id: str
    at: AwareDatetime
    shop_mailed: bool = Field(default=False, description="the shop's platform told the customer itself")


class Facts(Stored):
    """All that is known of one order: the commutative merge of its events. See `merge` for how."""

    order: Order | None = None
    deleted_at: AwareDatetime | None = Field(default=None, description="the newest deletion")
    restored_at: AwareDatetime | None = Field(default=None, description="when it was last taken back out of the bin")
    cancelled_at: AwareDatetime | None = Field(default=None, description="told by an event of its own, not a snapshot")
    was_open: bool = Field(default=False, description="some snapshot showed it unpaid and not yet accepted")
    accepted_first_at: AwareDatetime | None = Field(
        default=None, description="`updated_at` of the earliest snapshot that counts as an order"
    )
    was_owed: bool = Field(default=False, description="some snapshot showed it accepted, to be paid later")
    paid_first_at: AwareDatetime | None = Field(
        default=None, description="`updated_at` of the earliest snapshot whose money had come or was reserved"
    )
    parcels: tuple[Parcel, ...] = Field(default=(), description="sorted by when they left, then id")
    loose_tracking: tuple[Tracking, ...] = Field(default=(), description="reports of parcels not seen yet")
    refunds: tuple[Refund, ...] = Field(default=(), description="sorted by time, then id")
    cases: tuple[Case, ...] = Field(default=(), description="sorted by id")
    edits: tuple[Edit, ...] = Field(default=(), description="sorted by time, then id")

    def line(self, line_id: str) -> LineItem | None:
        if self.order is None:
            return None
        return next((line for line in self.order.lines if line.id == line_id), None)

    @property
    def access_at(self) -> datetime | None:
        """When what does not travel could be used: with the order, or with its payment. None: not yet."""
        if self.order is None or self.order.payment is PaymentState.ACCEPTED:
            return None
        if not self.was_owed or self.paid_first_at is None:
            return self.accepted_at
        return max(self.paid_first_at, self.order.placed_at)

    @property
    def is_deleted(self) -> bool:
        """Whether it lies in the bin, or is gone."""
        return self.deleted_at is not None and (self.restored_at is None or self.restored_at < self.deleted_at)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, by its snapshot or by an event of its own."""
        return self.cancelled_at is not None or (self.order is not None and self.order.cancelled_at is not None)

    @property
    def accepted_at(self) -> datetime | None:
        """When it became an order: when it was placed, or later if it was seen unpaid before. None: not yet."""
        if self.order is None or self.accepted_first_at is None:
            return None
        return max(self.accepted_first_at, self.order.placed_at) if self.was_open else self.order.placed_at
