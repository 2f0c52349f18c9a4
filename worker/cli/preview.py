"""`postpurchase preview | send-test`: mails to look at before customers do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape

from schedules.sequence import STEPS
from schedules.sequence import TEMPLATES as MAILS
from schedules.shop import Role, ShopProfile
from worker.bootstrap import Installation
from worker.cli.context import opened
from worker.cli.folders import read_folder, writing_below
from worker.cli.output import JsonFlag, named, say, show, side
from worker.cli.shops import Slug
from worker.delivery.port import NO_MESSAGE, OutgoingMail, Verdict
from worker.demo.examples import inline_pictures
from worker.dispatch.headers import TEST_MARK, headers_of
from worker.dispatch.senders import envelope_of
from worker.errors import ContentError, UserError
from worker.preview.example import example_inputs, stream_of
from worker.preview.orders import glimpse
from worker.preview.situations import in_situation, situations_of
from worker.rendering import formats
from worker.rendering.lint import lint
from worker.rendering.pictures import DESKTOP, camera
from worker.rendering.port import Content, MailInputs, RenderedMail
from worker.rendering.renderer import Renderer
from worker.rendering.spoken import languages_of
from worker.reports.timeline import find_order
from worker.settings import ADDRESS
from worker.store.content import load
from worker.store.shops import get_shop, profile_of

What = Annotated[
    str, typer.Argument(metavar="STEP", help="confirmation, shipping, follow_up or replenishment; or its template.")
]
ShopOption = Annotated[str | None, typer.Option("--shop", metavar="SHOP", help="Its look, and its published content.")]
OrderOption = Annotated[str | None, typer.Option("--order", metavar="ORDER", help="A real order of the shop.")]
Language = Annotated[str | None, typer.Option(help="Like en or de. Default: the order's.", show_default=False)]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Folder with email_templates/ and sequences/. Default: what the shop has published; "
        "without a shop, here, else as packaged.",
    ),
]
RoleOption = Annotated[Role | None, typer.Option(help="Default: the shop's.", show_default=False)]
Situation = Annotated[str, typer.Option(help="Like how_is_it or pickup: each run lists those there are.")]
To = Annotated[Path, typer.Option(help="Folder to write into.")]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to make a mail of. Without an order, of the example."""

    step: str
    shop: str | None = None
    order: str | None = None
    language: str | None = None
    role: Role | None = None
    situation: str = ""
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    inputs: MailInputs
    mail: RenderedMail
    remark: str = ""
    others: tuple[str, ...] = ()


def preview(
    what: What,
    shop: ShopOption = None,
    order: OrderOption = None,
    language: Language = None,
    role: RoleOption = None,
    situation: Situation = "",
    folder: From = None,
    to: To = Path("preview"),
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    json: JsonFlag = False,
) -> None:
    """Write a mail as HTML, text and pictures: of example data, or of a real order. Nothing is sent."""
    step = step_of(what)
    if order and situation:
        raise UserError("A real order is in the situation it is in: leave out --situation, or --order.")
    wish = Wish(step=step, shop=shop, order=order, language=language, role=role, situation=situation, folder=folder)
    made = _made_here(wish)
    ref = (order or "").replace("/", "-").replace("\\", "-")  # some shops number orders like 2026/1042
    name = "-".join(part for part in (step, ref, language, role and role.value, situation) if part)
    files, missing = _write(made, to, name)
    document: dict[str, Any] = {
        "subject": made.mail.subject,
        "preview": made.mail.preview,
        "variant": made.mail.variant,
        "situations": list(made.others),
    }
    document |= {"files": [str(file) for file in files], "remark": made.remark, "no_picture": missing}
    show(document, json, lambda console: _draw(console, made, files, missing))
    if open_:
        typer.launch(str(files[0]))


def send_test(
    shop: Slug,
    what: What,
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    order: OrderOption = None,
    language: Language = None,
    role: RoleOption = None,
    json: JsonFlag = False,
) -> None:
    """Send one mail of example data, or of a real order, to an address of yours, marked as a test."""
    if not ADDRESS.fullmatch(address):
        raise UserError(f"{address!r} is no email address. Give one like you@example.com.")
    wish = Wish(step=step_of(what), shop=shop, order=order, language=language, role=role)
    with opened() as installation:
        made = make(installation, wish)
        mail = _test_mail(installation, made, address)
        (outcome,) = installation.provider.deliver([mail])
        name = installation.provider.name
    if outcome.verdict is not Verdict.ACCEPTED:
        raise UserError(
            f"{name} did not take it ({outcome.verdict.value}): {outcome.error}. See `postpurchase doctor`."
        )
    where = " Look at it in the outbox of `postpurchase up`." if name == "outbox" else ""
    say(f"{name} took {mail.subject!r} for {mail.to}.{where}", json, subject=mail.subject, to=mail.to, provider=name)


def step_of(what: str) -> str:
    """A step by its name, or by that of its template.

    Raises:
        UserError: it is neither.
    """
    templates = {template: step for step, template in MAILS.items()}
    step = templates.get(what, what).replace("-", "_")
    if step not in STEPS:
        raise UserError(f"There is no step or template {what!r}. Steps: {', '.join(STEPS)}.")
    return step


def make(installation: Installation, wish: Wish) -> Made:
    """A mail of a shop of this installation, of what it has published unless a folder is named."""
    with installation.database.read() as session:
        owner = get_shop(session, wish.shop or "")
        order = find_order(session, owner, wish.order) if wish.order else None
        content = read_folder(wish.folder) if wish.folder is not None else load(session, owner.id, None)[1]
    _refuse_unknown_language(content, wish)
    if order is None:
        return _example(content, wish, profile_of(owner), installation.renderer)
    found = glimpse(installation, owner, order, wish.step, role=wish.role, language=wish.language)
    return Made(inputs=found.inputs, mail=_rendered(installation.renderer, content, found.inputs), remark=found.remark)


def _made_here(wish: Wish) -> Made:
    if wish.shop is None:
        if wish.order is not None:
            raise UserError("An order belongs to a shop: name it with --shop SHOP.")
        content = read_folder(wish.folder)
        _refuse_unknown_language(content, wish)
        return _example(content, wish, None, Renderer())
    with opened() as installation:
        return make(installation, wish)


def _refuse_unknown_language(content: Content, wish: Wish) -> None:
    """Raises UserError: the mail has no texts in the language, and would silently come in another."""
    known = languages_of(content.files, MAILS[wish.step])
    if wish.language and formats.language_of(wish.language.replace("-", "_")).lower() not in known:
        raise UserError(f"{wish.step} has no texts in {wish.language!r}. There are: {', '.join(known)}.")


def _example(content: Content, wish: Wish, profile: ShopProfile | None, renderer: Renderer) -> Made:
    role = wish.role or (profile.role(wish.step) if profile else Role.REPLACE)
    language = wish.language or (profile.locale if profile else "en")
    plain = example_inputs(wish.step, role=role, language=language, profile=profile)
    inputs = in_situation(plain, wish.situation, content)
    others = tuple(each for each in situations_of(content, wish.step) if each != wish.situation)
    return Made(inputs=inputs, mail=_rendered(renderer, content, inputs), others=others)


def _rendered(renderer: Renderer, content: Content, inputs: MailInputs) -> RenderedMail:
    """
    Raises:
        ContentError: the content has faults; they are named by file and line.
    """
    try:
        return renderer.render(content, inputs)
    except Exception as error:  # a template under work may break in any way; lint says where
        faults = lint(content)
        if not faults:
            raise
        raise ContentError(faults) from error


def _write(made: Made, folder: Path, name: str) -> tuple[list[Path], str]:
    """The files, and why there is no picture (empty when there is)."""
    html = inline_pictures(made.mail.html)
    page, text = folder / f"{name}.html", folder / f"{name}.txt"
    with writing_below(folder):
        folder.mkdir(parents=True, exist_ok=True)
        page.write_text(html, encoding="utf-8")
        text.write_text(made.mail.text, encoding="utf-8")
    phone, desktop = folder / f"{name}.png", folder / f"{name}-desktop.png"
    try:
        with camera() as shots:
            shots.shoot(html, phone, scale=2)
            shots.shoot(html, desktop, width=DESKTOP)
    except UserError as error:
        return [page, text], str(error)
    return [page, text, phone, desktop], ""


def _draw(console: Console, made: Made, files: list[Path], missing: str) -> None:
    mail = made.mail
    told = [("subject", f"[bold]{escape(mail.subject)}[/]"), ("preview", escape(mail.preview))]
    told += [("variant", escape(mail.variant)), *(("wrote", escape(str(file))) for file in files)]
    if made.others:
        told.append(("also", f"--situation {' | '.join(made.others)}"))
    console.print(named(told))
    if made.remark:
        side().print(f"[yellow]It would not go out now:[/] {escape(made.remark)}")
    if missing:
        side().print(f"[yellow]{escape(missing)}[/]")


def _test_mail(installation: Installation, made: Made, address: str) -> OutgoingMail:
    inputs, settings = made.inputs, installation.settings
    stream = stream_of(inputs.step, inputs.role)
    envelope = envelope_of(profile=inputs.shop, stream=stream, address=address, settings=settings)
    return OutgoingMail(
        message_id=NO_MESSAGE,
        attempt_id=uuid4(),
        shop=inputs.shop.slug,
        stream=stream,
        sender_name=envelope.sender_name,
        sender=envelope.sender,
        reply_to=envelope.reply_to,
        to=envelope.to,
        subject=TEST_MARK + made.mail.subject,
        preview=made.mail.preview,
        html=inline_pictures(made.mail.html),
        text=made.mail.text,
        headers=headers_of(
            profile=inputs.shop,
            stream=stream,
            unsubscribe=inputs.links.unsubscribe,
            public_url=settings.public_url,
            is_test=True,
        ),
    )
