"""What a check found, and the table of all of it."""

import dataclasses


@dataclasses.dataclass
class Row:
    check: str
    bar: str
    measured: str
    ok: bool

    @property
    def text(self):
        cells = (self.check, self.bar, self.measured, "yes" if self.ok else "**NO**")
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


HEAD = "| check | bar | measured | ok |\n|---|---|---|---|"


def spread(values):
    """`median (least … most)`."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[0], ordered[-1]
