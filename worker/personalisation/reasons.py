"""Why a product is shown: a true sentence for the mail, and what it rests on for the timeline. Pure."""

from worker.personalisation.candidates import Limits, Paired
from worker.personalisation.wording import learned_reason_for, made_for, reason_for, refill_reason, upgrade_reason


def reason_of(paired: Paired, limits: Limits) -> str:
    """The sentence that the mail prints, in its language."""
    item, is_gift, language = paired.item, limits.is_gift, limits.language
    if paired.kind == "refill" and paired.bought_at is not None:
        return refill_reason(paired.bought_at, limits.timezone, language)
    if paired.kind == "upgrade" and paired.upgrade_from is not None and item.price is not None:
        return upgrade_reason(paired.benefits, item.price - paired.upgrade_from, item.currency, language)
    if paired.fits_title and not paired.pitch and not is_gift:
        return made_for(paired.fits_title, language)
    if paired.kind in ("co_purchase", "best_seller"):
        return learned_reason_for(kind=paired.kind, for_title=paired.for_title, is_gift=is_gift, language=language)
    return reason_for(pitch=paired.pitch, for_title=paired.for_title, is_gift=is_gift, language=language)


def proof_of(paired: Paired) -> str:
    """What the choice rests on, in the shop's own words: "bought with Dripper 02 in 31 % of orders"."""
    proof = paired.proof
    if proof is not None:
        share = f"{proof.support / max(proof.orders, 1) * 100:.0f} %"
        of = paired.for_title if paired.kind == "co_purchase" else f"any of “{paired.for_title}”"
        return f"bought with {of} in {share} of orders ({proof.support} of {proof.orders})"
    if paired.kind == "refill" and paired.due_at is not None:
        return f"runs low about {paired.due_at.date().isoformat()}"
    words = {"pairing": f"paired with {paired.for_title}", "upgrade": f"a better {paired.for_title}"}
    return words.get(paired.kind, "") if paired.for_title else ""
