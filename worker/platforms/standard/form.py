"""The `standard` form: what its bodies must hold, with careful defaults. Its JSON Schema is made from these models."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from schedules.facts import (
    CaseKind,
    Channel,
    ConsentState,
    DeliveryKind,
    LineKind,
    PaymentState,
    RefundReason,
)
from schedules.parcel_facts import TrackingStatus
from worker.platforms.standard.values import (
    Amount,
    Collection,
    Count,
    Currency,
    Email,
    Id,
    Moment,
    Name,
    Place,
    Present,
    Reference,
    Url,
)


class Form(BaseModel):
    """Numbers are taken where an id is asked for; what is not known is passed over."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Property(Form):
    name: Name
    value: str


class Line(Form):
    id: Id
    product_id: Reference = None
    variant_id: Reference = None
    sku: str = ""
    title: Annotated[str, Field(min_length=1)]
    variant_title: str = ""
    quantity: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    unit_price: Amount
    discount: Amount = Decimal(0)
    kind: LineKind = LineKind.PHYSICAL
    image_url: Url | None = None
    expected_on: date | None = None
    properties: Annotated[list[Property], Field(description="what was done to it, like an engraving")] = []


class Buyer(Form):
    id: Reference = None
    email: Email | None = None
    first_name: str = ""
    last_name: str = ""
    consent: ConsentState = ConsentState.UNKNOWN
    consent_at: Moment | None = None
    orders_count: Count | None = None


class OrderData(Form):
    """A whole snapshot. Totals are counted from the lines where they are not given."""

    id: Id
    number: Name = ""
    placed_at: Moment
    updated_at: Moment | None = Field(default=None, description="version of the snapshot; default: timestamp")
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
    shipping_address: Place | None = None
    billing_address: Place | None = None
    shipping_method: str = ""
    delivery: DeliveryKind = DeliveryKind.SHIPPING
    pickup: Collection | None = None
    locale: str = ""
    timezone: str = ""
    status_url: Url = ""
    channel: Channel = Channel.WEB
    is_test: bool = False
    is_b2b: bool = False
    on_hold: bool = False
    gift: Present | None = None
    discount_codes: list[str] = []
    tags: list[str] = []


class ParcelLineData(Form):
    line_id: Id
    quantity: Count = 1


class ShippedData(Form):
    order_id: Id
    parcel_id: Id | None = Field(default=None, description="left out: told apart by their lines, which must differ")
    shipped_at: Moment | None = None
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: Url = ""
    lines: list[ParcelLineData] = Field(default=[], description="empty: the whole order")
    is_pickup: bool = False


class DeliveredData(Form):
    """`status` other than delivered reports what happens on the way."""

    order_id: Id
    parcel_id: Id | None = Field(default=None, description="left out: all that had left by then")
    at: Moment | None = None
    status: TrackingStatus = TrackingStatus.DELIVERED
    expected_on: date | None = None


class CancelledData(Form):
    order_id: Id
    at: Moment | None = None


class RefundedData(Form):
    order_id: Id
    refund_id: Id
    at: Moment | None = None
    amount: Amount
    currency: Currency
    reason: RefundReason = RefundReason.OTHER
    lines: list[ParcelLineData] = []


class CaseData(Form):
    """Support talks to the customer, a return or dispute runs: `case_id` names it, so that it can be released."""

    order_id: Id
    case_id: Id = "hold"
    kind: CaseKind = CaseKind.TICKET
    at: Moment | None = None


class CustomerData(Form):
    id: Reference = None
    email: Email | None = None
    consent: ConsentState = ConsentState.UNKNOWN
    at: Moment | None = None
    orders_count: Count | None = None

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        _named(self.id or self.email, "give id or email")
        return self


class RedactedData(Form):
    id: Reference = None
    email: Email | None = None
    order_ids: list[Id] = []

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        _named(self.id or self.email or self.order_ids, "give id, email or order_ids")
        return self


def _named(told: object, remedy: str) -> None:
    """An erasure or a refusal that names nobody would be taken and do nothing, and its sender would forget it."""
    if not told:
        raise PydanticCustomError("names_nobody", "names nobody: {remedy}", {"remedy": remedy})


class ProductData(Form):
    product_id: Id
    variant_id: Reference = None
    title: Annotated[str, Field(min_length=1)]
    url: Url | None = None
    image_url: Url | None = None
    price: Amount | None = None
    category: Name = ""
    brand: Name = ""
    tags: list[str] = []
    inventory: Count | None = None
    is_active: bool = True
    deleted: bool = False
    updated_at: Moment | None = None


class _Sent(Form):
    timestamp: Moment


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
