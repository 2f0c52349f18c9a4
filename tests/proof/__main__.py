"""`python -m tests.proof`: random kills and outages of real processes, then a check of what came of every webhook.

Runs one installation after another, each with a plan of its own seed, until there were enough kills. A seed replays its
plan: `--seed N --runs 1`.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.proof.edges import EDGES
from tests.proof.planning import ON_SMALL_DISKS, Plan, plan_of
from tests.proof.results import Result
from tests.proof.running import carry_out
from tests.proof.site import ROLES, site
from tests.support.disks import NoDiskError, small_disk
from tests.support.servers import fresh_postgres_database, make_durable, postgres_on, postgres_server

MODES = tuple(ROLES)


def main() -> int:
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started and mounted is put away
    results: list[Result] = []
    with ExitStack() as stack:
        servers = None if given.mode == "embedded" else _servers(stack)
        modes = MODES if given.mode is None else (given.mode,)
        seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
        while _is_short(results, given.kills, given.runs):
            mode = modes[len(results) % len(modes)]
            results.append(_one(mode, seed, servers, given))
            seed += len(results) % len(modes) == 0
    summary = summed(results)
    print(json.dumps(summary) if given.json else table(summary))
    return 1 if summary["violations"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="at least so many SIGKILLs")
    parser.add_argument("--runs", type=int, help="so many installations, whatever the kills")
    parser.add_argument("--seed", type=int, help="of the first plan; the next ones follow it")
    parser.add_argument("--mode", choices=MODES, help="default: both by turns")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a run with findings")
    return parser.parse_args()


def _is_short(results: Sequence[Result], kills: int, runs: int | None) -> bool:
    if runs is not None:
        return len(results) < runs
    return sum(result.kills.total() for result in results) < kills


@dataclass(frozen=True)
class Servers:
    """URLs: `usual`, and the one on a disk that may be filled, if this machine has such."""

    usual: str
    small: str | None


def _servers(stack: ExitStack) -> Servers:
    usual = stack.enter_context(postgres_server())
    try:
        return Servers(usual, stack.enter_context(postgres_on(stack.enter_context(small_disk()))))
    except NoDiskError as error:
        print(f"the disk of no database will be filled: {error}", file=sys.stderr, flush=True)
        return Servers(usual, None)


def _one(mode: str, seed: int, servers: Servers | None, given: argparse.Namespace) -> Result:
    plan, folder = plan_of(seed, mode), Path(tempfile.mkdtemp(prefix="proof-"))
    total = len(plan.rounds) + len(plan.later)

    def told(number: int) -> None:
        if sys.stderr.isatty() or number % 10 == 9:
            print(f"{mode} seed {seed}: round {number + 1} of {total}", file=sys.stderr, flush=True)

    with _database(plan, servers) as url, site(mode, folder, database_url=url) as made:
        result = carry_out(made, plan, on_round=told)
    print(_line(result), file=sys.stderr, flush=True)
    for violation in result.violations:
        print(f"  {violation.invariant}: {violation.finding}", file=sys.stderr, flush=True)
    if result.violations and given.keep:
        print(f"  kept: {folder}", file=sys.stderr, flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return result


@contextmanager
def _database(plan: Plan, servers: Servers | None) -> Iterator[str | None]:
    if plan.mode == "embedded" or servers is None:
        yield None
        return
    wants_small = plan.outages & set(ON_SMALL_DISKS)
    server = servers.small if wants_small and servers.small is not None else servers.usual
    with fresh_postgres_database(server) as url:
        make_durable(url)
        yield url


def _line(result: Result) -> str:
    rate = result.kills.total() / result.seconds * 60
    return (
        f"{result.mode} seed {result.seed}: {result.kills.total()} kills in {result.seconds:.0f} s "
        f"({rate:.0f} a minute), {result.webhooks} webhooks, {result.mails} mails, "
        f"{result.lost} lost, {result.doubled} doubled, "
        f"{result.copies} copies and {result.dropped} dropped after unclear attempts, "
        f"{result.expired} expired in days without beat"
    )


def summed(results: Sequence[Result]) -> dict[str, object]:
    """All runs together."""
    kills, aimed, outages = Counter[str](), Counter[str](), Counter[str]()
    for result in results:
        kills += result.kills
        aimed += result.aimed
        outages += result.outages
    edges = Counter({edge: kills[edge] for edge in aimed if edge in EDGES})
    numbers = ("webhooks", "messages", "mails", "lost", "doubled", "copies", "dropped", "expired")
    return {
        "runs": [{"mode": result.mode, "seed": result.seed} for result in results],
        "kills": kills.total(),
        "edges_met": f"{edges.total()} of {sum(aimed[edge] for edge in edges)} blows",
        "kills_by_edge": {edge: f"{met} of {aimed[edge]}" for edge, met in edges.most_common()},
        "other_kills": dict((kills - edges).most_common()),
        "kills_by_mode": {m: sum(r.kills.total() for r in results if r.mode == m) for m in MODES},
        "outages": dict(outages.most_common()),
        "seconds": round(sum(result.seconds for result in results)),
        "processors": os.cpu_count(),
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
        **{name: sum(getattr(result, name) for result in results) for name in numbers},
        "violations": [
            asdict(violation) | {"seed": r.seed, "mode": r.mode} for r in results for violation in r.violations
        ],
    }


def table(summary: dict[str, object]) -> str:
    """The summary for people."""
    names = ("kills", "edges_met", "webhooks", "messages", "mails", "lost", "doubled", "copies", "dropped", "expired")
    names += ("seconds",)
    lines = [f"{name:<40} {summary[name]}" for name in names]
    for title in ("kills_by_mode", "kills_by_edge", "other_kills", "outages"):
        entries = summary[title]
        assert isinstance(entries, dict)
        lines += ["", title.replace("_", " "), *(f"  {name:<38} {count}" for name, count in entries.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
