"""What publishing would do, in words."""

from schedules.sequence import TEMPLATES
from worker.cli.output import counted
from worker.planning.forecast import Effect

STEPS = {template: step for step, template in TEMPLATES.items()}


def unchanged(newest: int) -> str:
    """What publishing is for where no file differs."""
    if newest:
        return f"as in revision {newest}, which was published without moving all that waits"
    return "nothing changes now; from here on updates of Postpurchase leave them as they are"


def mails_touched(paths: tuple[str, ...]) -> str:
    """Which mails look or read differently from now on."""
    folders = {path.split("/")[1] for path in paths if path.startswith("email_templates/")}
    if folders - STEPS.keys():
        return "all three change"
    steps = [step for folder, step in STEPS.items() if folder in folders]
    if not steps:
        has_sequence = any(path.startswith("sequences/") for path in paths)
        return "texts and looks stay, the sequence changes" if has_sequence else "nothing changes"
    return f"{' and '.join(steps)} {'change' if len(steps) > 1 else 'changes'}"


def effect_words(effect: Effect) -> str:
    if effect.is_nothing:
        return "none moves"
    parts = [f"{counted(len(effect.moved), 'email')} move" + ("s" if len(effect.moved) == 1 else "")]
    if effect.overdue:
        parts.append(f"{effect.overdue} of them at once")
    for count, word in (
        (sum(effect.cancelled.values()), "cancelled"),
        (sum(effect.new.values()), "new"),
        (effect.held, "held"),
        (effect.released, "released"),
    ):
        if count:
            parts.append(f"{count} {word}")
    return ", ".join(parts)
