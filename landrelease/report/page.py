"""The page that a document is put into: one HTML file without scripts or addresses, every text from data escaped."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from landrelease.errors import OptionError
from landrelease.put import put
from landrelease.report.language import Words
from landrelease.report.words import clean, is_missing
from landrelease.said import Said

__all__ = ["page_path", "template", "write_page"]

_AMOUNT = re.compile(r"[\d.,]+(?: to [\d.,]+)? (?:%|km²|ha|m²|km\b|m\b)|\b\d{4}-\d{2}-\d{2}\b")


_PRINTED = "No record is not evidence of no contamination."
"""What stands below each printed page."""


def page_path(path: str | Path) -> Path:
    """Return where a page goes; raise OptionError where that is a folder."""
    target = Path(path)
    if target.is_dir():
        raise OptionError(f"path must be a file to write; {target} is a folder. Fix: add a file name, report.html")
    return target


def template(name: str, words: Words) -> Any:
    """Return a template with the styles that all pages share and, after them, its own, and with the words it says."""
    import jinja2
    from markupsafe import Markup, escape

    folder = Path(__file__).parent / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    texts = ("text", "code", "word", "phrase", "note")

    def cell(value: Any, kind: str = "text") -> Markup:
        if is_missing(value):
            if kind == "note":
                return Markup("")
            return Markup('<abbr title="{}">–</abbr>').format(words("not known"))
        said = clean(words.cell(value, kind))
        if kind in ("word", "phrase") or isinstance(value, Said):
            # it may begin with a name in another script, and still runs as the page does
            side = Markup(' dir="rtl"') if words.direction == "rtl" else ""
            return Markup("<bdi{}>{}</bdi>").format(side, said)
        if kind not in texts:
            return Markup('<bdi dir="ltr">{}</bdi>' if words.direction == "rtl" else "{}").format(said)
        # bdi keeps a right-to-left name from turning the text around it.
        return Markup("<bdi>{}</bdi>").format(said)

    def unbroken(sentence: str) -> Markup:
        # A number at the end of a line with its unit on the next is misread, and so is half a date.
        return Markup(_AMOUNT.sub(r'<span class="u">\g<0></span>', str(escape(clean(words.of_data(sentence))))))

    styles = [folder / "report.css", folder / Path(name).with_suffix(".css").name]

    def fixed(value: float, digits: int) -> Markup:
        # a little is not nothing
        if 0 < value < 0.5 * 10**-digits:
            return Markup("&lt;{}").format(words.numbers(f"{10**-digits:.{digits}f}"))
        return Markup(words.numbers(f"{value:,.{digits}f}")) if math.isfinite(value) else cell(None)

    environment.filters["cell"] = cell
    environment.filters["fixed"] = fixed
    environment.filters["unbroken"] = unbroken
    environment.filters["said"] = lambda text: clean(words.of_data(text))
    environment.filters["ours"] = lambda text: clean(words(text))
    environment.filters["wide"] = lambda one: one.address(words, is_wide=True)
    environment.filters["narrow"] = lambda one: one.address(words, is_wide=False)
    environment.globals |= {"texts": texts, "words": words}
    style = "".join(path.read_text(encoding="utf-8") for path in dict.fromkeys(styles) if path.exists())
    environment.globals["style"] = Markup(style.replace(_PRINTED, words(_PRINTED)))
    return environment.get_template(name)


def write_page(page: str, target: Path, words: Words) -> Path:
    """Write a page; its folder is made where there is none, an older file is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = page.strip() + "\n"
    put(target, lambda file: file.write_text(text, encoding="utf-8", errors="replace", newline="\n"))
    words.warn_of_gap(target.name)
    return target
