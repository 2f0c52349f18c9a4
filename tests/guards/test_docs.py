"""The documentation keeps up with the code."""

import ast
import json
import re
from pathlib import Path

from schedules.catalog import PATH as SEQUENCE
from worker.cli.commands import COMMANDS
from worker.platforms.standard.form import json_schema
from worker.platforms.standard.platform import Standard
from worker.preview.rehearsing import examine
from worker.settings import PREFIX, SECRETS, Settings
from worker.store.content import content_of, packaged_content

ROOT = Path(__file__).parent.parent.parent
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def _alarms() -> dict[str, str]:
    """Name of each event that may be logged as an alarm, with the file that does."""
    found = {}
    for path in (ROOT / "worker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and any(keyword.arg == "alarm" for keyword in node.keywords):
                name = node.args[0]
                assert isinstance(name, ast.Constant), path
                found[str(name.value)] = path.name
    return found


def test_every_alarm_is_explained_and_every_explained_alarm_exists() -> None:
    explained = set(re.findall(r"^\| `(\w+\.\w+\.\w+)` \|", OPERATE, re.MULTILINE))
    assert explained == set(_alarms())


def test_every_setting_is_listed() -> None:
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    listed = OPERATE.replace("`…_", f"`{PREFIX}")
    assert [name for name in sorted(names) if f"`{name}`" not in listed] == []
    assert set(SECRETS) <= set(Settings.model_fields)


def test_links_between_documents_lead_somewhere() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_event_of_the_standard_form_is_explained_and_every_example_is_one() -> None:
    text = (ROOT / "docs" / "connect-other.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+\.\w+`.*?) \|", text, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+\.\w+)`", " ".join(rows))) == sorted(json_schema()["discriminator"]["mapping"])
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert [json.loads(example)["type"] for example in examples] == ["order.placed", "order.shipped", "order.delivered"]
    assert [Standard().check(example.encode()) for example in examples] == [None] * len(examples)


def test_the_example_of_a_mistake_is_what_the_program_says() -> None:
    text = (ROOT / "docs" / "edit-mails.md").read_text(encoding="utf-8")
    content = packaged_content()
    mistaken = content.files[SEQUENCE].replace("send: 9 days", "send: soon")
    [fault] = examine(content_of({**content.files, SEQUENCE: mistaken}))
    assert f"✗ {fault}\n" in text
    assert f"not published, line {fault.line}, 'soon' is not a delay" in text


def test_commands_in_the_documents_exist() -> None:
    """`postpurchase word` in a document is a command of the program."""
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        used = set(re.findall(r"\bpostpurchase ([a-z][a-z-]+)\b", path.read_text(encoding="utf-8")))
        assert used - set(COMMANDS) == set(), path.name
