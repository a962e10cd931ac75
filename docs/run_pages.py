"""Run the Python blocks of the pages and write what they print below them: `python docs/run_pages.py`.

Read the difference before you commit it: a figure that moved is a change of the product, wanted or not.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
_FENCE = re.compile(r"^(```\w+\n.*?^```$)", re.MULTILINE | re.DOTALL)


def run_page(page: str) -> str:
    """Return a page with the outputs that its Python blocks print now; blocks share their names."""
    names: dict[str, Any] = {"__name__": "page"}
    parts, printed = _FENCE.split(page), ""
    for i, part in enumerate(parts):
        if part.startswith("```python\n"):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(part.removeprefix("```python\n").removesuffix("```"), names)
            printed = "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))
        elif part.startswith("```text\n") and printed:
            parts[i], printed = f"```text\n{printed}\n```", ""
        elif part.startswith("```"):
            printed = ""
    return "".join(parts)


def main() -> None:
    """Run every page that has Python blocks, each in a folder of its own."""
    for path in sorted(DOCS.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        if "```python\n" not in before:
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            after = run_page(before)
        path.write_text(after, encoding="utf-8", newline="\n")
        print(f"{path.name}: {'changed' if after != before else 'as it was'}")


if __name__ == "__main__":
    main()
