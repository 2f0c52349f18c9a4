"""The `standard` form: what its bodies must hold, with careful defaults. Its JSON Schema is made from these models."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from schedules.facts import (
    Address,
    CaseKind,
    Channel,
    ConsentState,
    DeliveryKind,
    Gift,
    LineKind,
    PaymentState,
    PickupPoint,
    RefundReason,
    TrackingStatus,
)

Id = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[Decimal, Field(ge=0, lt=Decimal(10) ** 13)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]


class Form(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Line(Form):
    id: Id
    product_id: str | None = None
    variant_id: str | None = None
    sku: str = ""
    title: Annotated[str, Field(min_length=1)]
    variant_title: str = ""
    quantity: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    unit_price: Amount
    discount: Amount = Decimal(0)
    kind: LineKind = LineKind.PHYSICAL
    image_url: str | None = None
    expected_on: date | None = None


class Buyer(Form):
    id: str | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""
    consent: ConsentState = ConsentState.UNKNOWN
    consent_at: AwareDatetime | None = None
    orders_count: Annotated[int, Field(ge=0)] | None = None


class OrderData(Form):
    """A whole snapshot. Totals are counted from the lines where they are not given."""

    id: Id
    number: str = ""
    placed_at: AwareDatetime
    updated_at: AwareDatetime | None = Field(default=None, description="version of the snapshot; default: timestamp")
    currency: Currency
    payment: PaymentState = PaymentState.PAID
    payment_method: str = ""
    pay_by: date | None = None
    customer: Buyer
    lines: Annotated[list[Line], Field(min_length=1)]
    discount: Amount = Decimal(0)
    shipping: Amount = Decimal(0)
    tax: Amount = Decimal(0)
    tax_included: bool = True
    total: Amount | None = None
    paid: Amount | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str = ""
    delivery: DeliveryKind = DeliveryKind.SHIPPING
    pickup: PickupPoint | None = None
    locale: str = ""
    timezone: str = ""
    status_url: str = ""
    channel: Channel = Channel.WEB
    is_test: bool = False
    is_b2b: bool = False
    on_hold: bool = False
    gift: Gift | None = None
    discount_codes: list[str] = []
    tags: list[str] = []


class ParcelLineData(Form):
    line_id: Id
    quantity: Annotated[int, Field(ge=0)] = 1


class ShippedData(Form):
    order_id: Id
    parcel_id: Id = "1"
    shipped_at: AwareDatetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    lines: list[ParcelLineData] = Field(default=[], description="empty: the whole order")
    is_pickup: bool = False


class DeliveredData(Form):
    """`status` other than delivered reports what happens on the way."""

    order_id: Id
    parcel_id: Id = "1"
    at: AwareDatetime | None = None
    status: TrackingStatus = TrackingStatus.DELIVERED
    expected_on: date | None = None


class CancelledData(Form):
    order_id: Id
    at: AwareDatetime | None = None


class RefundedData(Form):
    order_id: Id
    refund_id: Id
    at: AwareDatetime | None = None
    amount: Amount
    currency: Currency
    reason: RefundReason = RefundReason.OTHER
    lines: list[ParcelLineData] = []


class CaseData(Form):
    """Support talks to the customer, a return or dispute runs: `case_id` names it, so that it can be released."""

    order_id: Id
    case_id: Id = "hold"
    kind: CaseKind = CaseKind.TICKET
    at: AwareDatetime | None = None


class CustomerData(Form):
    id: str | None = None
    email: str | None = None
    consent: ConsentState = ConsentState.UNKNOWN
    at: AwareDatetime | None = None
    orders_count: Annotated[int, Field(ge=0)] | None = None


class RedactedData(Form):
    id: str | None = None
    email: str | None = None
    order_ids: list[Id] = []


class ProductData(Form):
    product_id: Id
    variant_id: str | None = None
    title: Annotated[str, Field(min_length=1)]
    url: str | None = None
    image_url: str | None = None
    price: str | None = None
    category: str = ""
    brand: str = ""
    tags: list[str] = []
    inventory: Annotated[int, Field(ge=0)] | None = None
    is_active: bool = True
    deleted: bool = False
    updated_at: AwareDatetime | None = None


class _Sent(Form):
    timestamp: AwareDatetime


class OrderSent(_Sent):
    type: Literal["order.placed", "order.updated"]
    data: OrderData


class Shipped(_Sent):
    type: Literal["order.shipped"]
    data: ShippedData


class Delivered(_Sent):
    type: Literal["order.delivered"]
    data: DeliveredData


class Cancelled(_Sent):
    type: Literal["order.cancelled"]
    data: CancelledData


class Refunded(_Sent):
    type: Literal["order.refunded"]
    data: RefundedData


class Held(_Sent):
    type: Literal["order.hold", "order.release"]
    data: CaseData


class CustomerUpdated(_Sent):
    type: Literal["customer.updated"]
    data: CustomerData


class CustomerErased(_Sent):
    type: Literal["customer.redacted"]
    data: RedactedData


class ProductUpserted(_Sent):
    type: Literal["product.upserted"]
    data: ProductData


StandardEvent = Annotated[
    OrderSent | Shipped | Delivered | Cancelled | Refunded | Held | CustomerUpdated | CustomerErased | ProductUpserted,
    Field(discriminator="type"),
]
FORM: TypeAdapter[StandardEvent] = TypeAdapter(StandardEvent)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a `standard` body."""
    return FORM.json_schema()
