"""What the compiler leaves out of `mj-table`. Importing it imports the compiler."""

from mjml.elements import MjTable  # type: ignore[import-untyped]  # it ships no types

ROLES = ("none", "presentation")


class Table(MjTable):  # type: ignore[misc]  # as above
    """`mj-table` with its `role`, as the reference compiler has it: who has a mail read out hears no table of looks."""

    @classmethod
    def allowed_attrs(cls) -> dict[str, str]:
        return {**super().allowed_attrs(), "role": f"enum({','.join(ROLES)})"}

    def render(self) -> str:
        role, table = self.get_attr("role"), str(super().render())
        return table.replace("<table ", f'<table role="{role}" ', 1) if role in ROLES else table
