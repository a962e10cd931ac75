"""HXL hashtags of our columns, so that humanitarian tools know what a column holds."""

from __future__ import annotations

__all__ = ["hxl_tag"]

_TAGS = {
    "area_id": "#loc+hazard+code",
    "release_id": "#activity+release+code",
    "location_id": "#loc+project+code",
    "location_name": "#loc+project+name",
    "project_id": "#activity+project+code",
    "title": "#activity+project+name",
    "admin_code": "#loc+admin+code",
    "parent_code": "#loc+admin+parent+code",
    "unit": "#loc+admin+name",
    "hazard_class": "#loc+hazard+type",
    "status": "#status+code",
    "contamination_code": "#indicator+contamination+code",
    "verdict": "#status+use+code",
    "release_type": "#activity+release+type",
    "use_code": "#status+use+type",
    "evidence": "#meta+evidence",
    "sector_code": "#sector+code",
    "operator": "#org+impl+name",
    "funder": "#org+funder+name",
    "implementer": "#org+impl+name",
    "donor": "#org+funder+name",
    "survey_date": "#date+survey",
    "release_date": "#date+release",
    "handover_date": "#date+handover",
    "evidence_date": "#date+evidence",
    "start_date": "#date+start",
    "end_date": "#date+end",
    "year": "#date+year",
    "population_count": "#population",
    "hazard_count": "#indicator+hazards+num",
    "rank": "#indicator+priority+rank+num",
    "score": "#indicator+priority+score+num",
    "priority_class": "#indicator+priority+class",
}
_UNITS = ("m2", "share", "usd", "count", "days", "m")


def hxl_tag(column: str) -> str:
    """Return the HXL hashtag of a column; empty for a column that has none.

    Parameters
    ----------
    column : str
        Name of a column as landrelease returns it.

    Returns
    -------
    str
        A hashtag with attributes. A quantity without a hashtag of its own is an `#indicator` whose last attributes
        are its unit and `num`.

    Notes
    -----
    HXL lets cells of the row of hashtags empty, and lets everyone add attributes.

    References
    ----------
    HXL tagging conventions and hashtag dictionary, version 1.1 (2018).

    Examples
    --------
    >>> hxl_tag("release_date"), hxl_tag("as_intended_m2"), hxl_tag("my column")
    ('#date+release', '#indicator+as_intended+m2+num', '')
    """
    if column in _TAGS:
        return _TAGS[column]
    unit = next((one for one in _UNITS if column.endswith(f"_{one}")), "")
    name = column[: -len(unit) - 1]
    is_plain = name.isascii() and name.isidentifier() and name.islower()
    return f"#indicator+{name}+{unit}+num" if unit and is_plain else ""
