"""One line per command that lets one use it; `--help` shows it below everything else."""

from typing import Any

EXAMPLES = {
    "demo": "--once",
    "up": "--host 127.0.0.1 --port 8000",
    "web": "--host 0.0.0.0 --port 8000",
    "worker": "",
    "beat": "",
    "shop add": "northkettle --name Northkettle --currency EUR --locale en",
    "shop set": "northkettle --role confirmation=companion",
    "shop key": "northkettle marketing --key-file sendgrid-key.txt",
    "shop list": "",
    "shop show": "northkettle",
    "source add": "northkettle shopify --secret-file secret.txt",
    "source rotate": "northkettle shopify --secret-file newer-secret.txt",
    "source set": "northkettle shopify --api-url https://northkettle.myshopify.com --api-key-file token.txt",
    "source subscribe": "northkettle shopify --dry-run",
    "source refusals": "northkettle shopify",
    "source list": "northkettle",
    "source schema": "> schema.json",
    "products import": "northkettle products.csv",
    "pairings import": "northkettle pairings.csv",
    "guides import": "northkettle guides.csv",
    "orders import": "northkettle orders.csv",
    "codes status": "northkettle",
    "codes import": "northkettle codes.csv",
    "codes list": "northkettle --state redeemed",
    "db upgrade": "",
    "db backup": "postpurchase.backup",
    "db restore": "postpurchase.backup",
    "db reseal": "",
    "preview": "confirmation --language de --open",
    "send-test": "northkettle follow_up you@example.com",
    "simulate": "northkettle --country DE --shipped 28h --delivered 3d",
    "content pull": "northkettle --to content",
    "content lint": "northkettle --from content",
    "content diff": "northkettle --from content",
    "content push": "northkettle --from content --note 'shorter subject'",
    "content log": "northkettle",
    "content rollback": "northkettle --dry-run",
    "recommendations fit": "northkettle",
    "recommendations evaluate": "northkettle",
    "recommendations show": "northkettle 'Dripper 02'",
    "recommendations suggest": "--orders orders.csv --baskets baskets.csv --out out.csv",
    "timeline": "northkettle 1042",
    "unsent": "northkettle --days 7",
    "person": "northkettle mia@example.com --to mia.json",
    "status": "--json",
    "earnings": "northkettle --days 30",
    "doctor": "--offline",
    "pause": "northkettle follow_up --reason 'new texts'",
    "resume": "northkettle follow_up",
    "hold": "northkettle 1042 --reason 'support talks'",
    "release": "northkettle 1042",
    "send-now": "northkettle 1042 follow_up",
    "cancel": "northkettle 1042 follow_up --reason 'on request'",
    "suppress": "northkettle mia@example.com --scope marketing",
    "bounces": "/var/mail/bounces",
    "replay": "--failed --dry-run",
    "blackout add": "northkettle 2026-12-24 2026-12-26 --note Christmas",
    "blackout list": "northkettle",
    "blackout remove": "northkettle 2026-12-24",
    "clock show": "",
    "clock now": "",
    "clock advance": "36h",
    "clock jump": "9d",
    "clock next": "",
}
"""What follows the command's name."""


def with_examples(name: str, loaded: Any) -> Any:
    """The command, or the commands of the group, with their examples in their help."""
    commands = {f"{name} {part}": command for part, command in getattr(loaded, "commands", {}).items()}
    for full, command in (commands or {name: loaded}).items():
        example = f"Example: postpurchase {full} {EXAMPLES[full]}".rstrip()
        command.epilog = f"{example}\n\n{command.epilog}" if command.epilog else example
    return loaded
