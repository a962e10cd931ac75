import matplotlib
import pandas as pd
import pytest
from matplotlib.font_manager import get_font_names

from landrelease.maps.words import LANGUAGES
from landrelease.report.language import Words
from landrelease.report.pictures import PARTS, groups_picture, headline_picture

# matplotlib's own font has the letters of the others
FONTS = {"km": ("Noto Sans Khmer", "Khmer OS", "Khmer OS System"), "lo": ("Noto Sans Lao", "Phetsarath OT")}
SHARES = dict(zip(PARTS, (0.43, 0.16, 0.16, 0.25), strict=True))
PICTURES = {
    "headline": headline_picture(
        {part: 12.4e6 * share for part, share in SHARES.items()},
        SHARES,
        {part: round(100 * share) for part, share in SHARES.items()},
        "",
    ),
    "groups": groups_picture(["A"], pd.DataFrame([{**SHARES, "released_m2": 1.0}]), ""),
}


def family(language):
    fonts = [font for font in FONTS.get(language, ()) if font in get_font_names()]
    if language in FONTS and not fonts:
        pytest.skip(f"no font with the letters of {language} on this machine")
    return ["DejaVu Sans", *fonts]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("width", [6.9, 3.5])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
def test_no_name_of_a_part_is_cut_off_or_runs_into_another(language, width, picture):
    with matplotlib.rc_context({"font.family": family(language)}):
        figure = PICTURES[picture].draw(width, Words(language))
        figure.draw_without_rendering()
        texts = figure.axes[0].texts
        names = [Words(language).drawn(label).strip("\u2067\u2069") for label, _ in PARTS.values()]
        found = [one for one in texts if any(name in one.get_text() for name in names)]
        assert len(found) >= len(PARTS)
        boxes = [one.get_window_extent() for one in found]
        # the reader's browser may have a font a little wider
        assert max(box.x1 for box in boxes) < figure.bbox.x1 * 1.01
        assert not [1 for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
