"""Every relative link of the project's pages leads somewhere, its anchor too."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*(ROOT / "docs").glob("*.md"), *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"))]
)
_FENCE = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")


def prose_of(path: Path) -> str:
    return re.sub(r"`[^`\n]*`(?!\])", "", _FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of a page: of its headings, as GitHub and MyST make them, and the labels set by hand."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    repeated = [f"{slug}-{slugs[:i].count(slug)}" if slug in slugs[:i] else slug for i, slug in enumerate(slugs)]
    return {*repeated, *re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)}


def broken_links(path: Path) -> list[str]:
    broken = []
    for target in _LINK.findall(prose_of(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name) if name else path
        if not file.exists():
            broken.append(f"{target}: there is no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors_of(file):
            broken.append(f"{target}: there is no such heading")
    return broken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("# A title\n\n(a-label)=\n## What is R2?\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](other.md#what-is-r2) [c](other.md#a-label) [d](#here) [e](https://example.org)\n"
        "[f](lost.md) [g](other.md#lost) [`h`](#lost)\n```md\n[i](also-lost.md)\n```\n",
        encoding="utf-8",
    )
    assert [one.split(":")[0] for one in broken_links(page)] == ["lost.md", "other.md#lost", "#lost"]


def test_pages_ask_nothing_of_a_private_machine() -> None:
    for path in PAGES:
        assert not re.search(r"(?<!\w)/(?:work|home|root|tmp)/", path.read_text(encoding="utf-8")), path.name


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.search(r"```{toctree}\n(?::.*\n)*\n(.*?)```", index, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"<(\w+)>", listed[1])) == {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size < 200_000, picture.name
