"""Is land released from mines in productive use?

The public names, in the order in which data flow: read and check records, fold them into areas, releases and
accounts, match them with the world, judge the use of released land, rank what is still hazardous, show all of it.
"""

from typing import TYPE_CHECKING, Any

from landrelease.errors import (
    CRSError,
    DataError,
    DataWarning,
    LandReleaseError,
    OptionError,
    ProgrammeError,
    RegistryError,
)
from landrelease.match import (
    LandCover,
    Quantity,
    assign_admin,
    match_nearby,
    match_overlap,
    match_projects,
    match_raster,
    union_area_m2,
)
from landrelease.outcomes import Attribution, assess_use, attribute, match_follow_ups, use_summary
from landrelease.priority import (
    AccessGain,
    BenefitCost,
    Criterion,
    FreeWeights,
    IntervalWeights,
    OrdinalWeights,
    Ranking,
    Stability,
    Swap,
    access_gain,
    benefit_cost,
    check_criteria,
    criteria_table,
    explain,
    funding_line,
    leave_one_out,
    prioritise,
    read_scheme,
    stability,
    swap_weights,
)
from landrelease.read import read, read_coordinates, traverse
from landrelease.registry import (
    Answer,
    Import,
    Registry,
    SiteCheck,
    check_published,
    check_site,
    compare_exports,
    conflicts_on,
    events_from_areas,
    events_from_changes,
    history_of,
    land_balance,
    reconcile,
    releases_from,
    restated_since,
    status_on,
)
from landrelease.rules import find_problems, require_valid, usable_rows
from landrelease.tables import describe

if TYPE_CHECKING:
    from landrelease.job import Products, run, sample_programme
    from landrelease.maps import land_release_map, priority_map, save_page
    from landrelease.report import write_report, write_site_report
    from landrelease.scale import map_areas, read_parts

__version__ = "0.1.0"

__all__ = [
    "AccessGain",
    "Answer",
    "Attribution",
    "BenefitCost",
    "CRSError",
    "Criterion",
    "DataError",
    "DataWarning",
    "FreeWeights",
    "Import",
    "IntervalWeights",
    "LandCover",
    "LandReleaseError",
    "OptionError",
    "OrdinalWeights",
    "Products",
    "ProgrammeError",
    "Quantity",
    "Ranking",
    "Registry",
    "RegistryError",
    "SiteCheck",
    "Stability",
    "Swap",
    "access_gain",
    "assess_use",
    "assign_admin",
    "attribute",
    "benefit_cost",
    "check_criteria",
    "check_published",
    "check_site",
    "compare_exports",
    "conflicts_on",
    "criteria_table",
    "describe",
    "events_from_areas",
    "events_from_changes",
    "explain",
    "find_problems",
    "funding_line",
    "history_of",
    "land_balance",
    "land_release_map",
    "leave_one_out",
    "map_areas",
    "match_follow_ups",
    "match_nearby",
    "match_overlap",
    "match_projects",
    "match_raster",
    "prioritise",
    "priority_map",
    "read",
    "read_coordinates",
    "read_parts",
    "read_scheme",
    "reconcile",
    "releases_from",
    "require_valid",
    "restated_since",
    "run",
    "sample_programme",
    "save_page",
    "stability",
    "status_on",
    "swap_weights",
    "traverse",
    "union_area_m2",
    "usable_rows",
    "use_summary",
    "write_report",
    "write_site_report",
]

_LATE = {
    "Products": "job",
    "run": "job",
    "sample_programme": "job",
    "land_release_map": "maps",
    "map_areas": "scale",
    "priority_map": "maps",
    "read_parts": "scale",
    "save_page": "maps",
    "write_report": "report",
    "write_site_report": "report",
}
"""Names whose modules are imported at first use: a script that only reads need not wait for the rest."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(f"landrelease.{_LATE[name]}"), name)
    raise AttributeError(f"module 'landrelease' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
