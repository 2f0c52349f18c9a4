"""What templates may use: names, types, meaning. Nothing else is known to them; `lint.py` checks against it."""

from dataclasses import field

from markupsafe import Markup

from schedules.records import record


@record
class ShopContext:
    """The shop. Colours are hex, corrected so that text on them can be read."""

    name: str
    url: str
    logo_url: str  # empty: the name is written instead
    colour: str  # filled buttons
    on_colour: str  # text on filled buttons
    edge: str  # around filled buttons, so that pale ones are seen on white
    link_colour: str  # links and outlined buttons on white
    link_on_dark: str  # links in the dark
    tint: str  # ground of the offer panel
    tint_border: str
    company: str
    address: str  # postal address in one line
    vat_id: str
    terms_url: str
    withdrawal_info_url: str  # the instruction
    withdrawal_url: str  # where customers withdraw
    privacy_url: str
    returns_url: str
    reply_to: str  # where answers to receipts go; empty: nowhere


@record
class PropertyContext:
    """What the customer had done to a piece: "Engraving", "Anna"."""

    name: str
    value: str


@record
class LineContext:
    """One order line. Texts are formatted; `price` is empty when prices are hidden."""

    title: str
    variant: str
    quantity: int
    price: str
    image: str  # empty: none
    expected: str  # when a pre-ordered piece should leave; empty: with the rest
    properties: list[PropertyContext] = field(default_factory=list)


@record
class TotalContext:
    label: str  # subtotal, discount, shipping, tax, total, paid, outstanding
    amount: str
    is_total: bool


@record
class OrderContext:
    number: str
    date: str
    url: str
    has_left: bool  # something of it is on its way, or ready to collect
    may_change: bool  # it can still be changed or cancelled: nothing of it has left
    change_url: str  # the shop's page where it is changed or cancelled; empty: none
    change_mail: str  # a mail to the shop that names the order (mailto:); empty: nobody reads answers
    total: str
    payment_method: str
    pay_by: str
    to_pay: str  # what is still open; the total where nothing is
    pays_first: bool  # the shop waits for the money before it packs
    pays_on_delivery: bool  # the money is taken when the goods are handed over
    method: str
    ship_to: str  # address in one line
    bill_to: str
    gift_message: str


@record
class TrackingContext:
    """A further parcel. `number` or `url` may be empty, never both."""

    carrier: str
    number: str
    url: str


@record
class ParcelContext:
    carrier: str
    number: str
    url: str
    redirect_url: str  # the carrier's page for those who will not be at home; empty: none, or it goes to no home
    expected: str
    late_after: str  # the day after which we look for it
    part: int  # 0: everything is in this parcel
    parts: int
    is_further: bool  # one more part, without a number: other mails of its day told of parcels that left before
    to_come: str  # what still follows, in words
    to_come_on: str  # when the last of it should leave; empty: not known
    missing: str  # what the shop could not deliver and paid back, in words
    others: list[TrackingContext]  # further parcels that the mail is about, those that can be tracked


@record
class CardContext:
    title: str
    image: str
    why: str
    price: str  # empty: not shown
    url: str
    is_cart: bool  # the button fills a cart
    is_discounted: bool  # the code takes something off it
    parts_price: str  # of a set: what its parts cost one by one; empty: no set, or no less
    hide_url: str
    rating: str  # "4.8 of 5 (212)"; empty: none


@record
class FreeShippingContext:
    """Cards that together reach the value from which an order ships free."""

    amount: str  # that value, "€50.00"
    products: str  # "Paper filters 02 + House beans"
    several: bool


@record
class CodeContext:
    code: str
    is_long: bool  # too long for one line of a phone in large type
    value: str  # "10 %", "€5.00"; empty for free shipping
    minimum: str  # least that must be spent, "€24.00"; empty: any order will do
    until: str
    city: str  # in whose time it ends: "Dublin"; empty: the shop's zone is no city's
    is_free_shipping: bool
    excluded: str  # what it is not for, beside gift cards: "Reserve, Beans"; empty: nothing
    is_for_shown: bool  # only for what the mail shows
    is_for_full_price: bool  # not for what is on sale


@record
class MailContext:
    """One mail. `name` is empty when the first name is not fit to print; `hero` when there is none to name."""

    lang: str
    dir: str
    shop: ShopContext
    order: OrderContext
    name: str
    hero: str
    hero_image: str
    hero_url: str  # said by no mail of ours, like `first_time`: published content may name it
    for_hero: bool  # every product shown goes with the hero
    lines: list[LineContext]
    more_lines: int  # how many lines are not shown
    others: int  # pieces beside the hero
    totals: list[TotalContext]
    parcel: ParcelContext
    cards: list[CardContext]
    code: CodeContext | None
    free_shipping: FreeShippingContext | None
    tips: list[str]
    guide_headline: str
    guide_url: str
    variant: str  # which form the mail takes: guide, how_is_it, refill, upgrade …
    bought_on: str  # a refill: when it was bought last; empty: none
    companion: bool
    pending: bool
    updated: bool
    short: bool
    digital: bool
    pickup: bool
    gift: bool
    estimated: bool  # the delivery is only estimated
    first_time: bool
    has_agreed: bool  # the buyer said yes to mails like this one, not merely never no
    contact: str  # who reads answers, by name, for customers who bought most; empty for everybody else
    expected: str  # expected delivery days; empty: not known
    pickup_place: str
    pickup_hours: str
    pickup_bring: str
    unsubscribe_url: str
    no_offers_url: str
    yes_url: str
    no_url: str
    returns_until: str
    preheader: str = ""
    json_ld: Markup = field(default_factory=Markup)
