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
from landrelease.outcomes import (
    AreaEstimate,
    Attribution,
    Beneficiaries,
    Equity,
    TimeToUse,
    adjusted_area,
    assess_use,
    attribute,
    beneficiaries,
    beneficiaries_seen,
    equity,
    follow_up_sample,
    mapped_classes,
    mask_points,
    match_follow_ups,
    publishable,
    sample_size,
    time_to_ends,
    time_to_use,
    use_summary,
    womens_share,
)
from landrelease.priority import (
    AccessGain,
    BenefitCost,
    Criterion,
    FreeWeights,
    IntervalWeights,
    OrdinalWeights,
    Plan,
    Ranking,
    Stability,
    Swap,
    access_gain,
    benefit_cost,
    budget_sweep,
    check_criteria,
    criteria_table,
    explain,
    funding_line,
    leave_one_out,
    plan_clearance,
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
    TreatyTables,
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
    treaty_tables,
)
from landrelease.rules import find_problems, require_valid, usable_rows
from landrelease.tables import describe

if TYPE_CHECKING:
    from landrelease.job import Products, run, sample_programme
    from landrelease.maps import land_release_map, priority_map, save_page
    from landrelease.rank import PlanProducts, RankProducts, plan_programme, rank_programme
    from landrelease.report import write_priority_page, write_report, write_site_report
    from landrelease.scale import map_areas, read_parts

__version__ = "0.1.0"

__all__ = [
    "AccessGain",
    "Answer",
    "AreaEstimate",
    "Attribution",
    "Beneficiaries",
    "BenefitCost",
    "CRSError",
    "Criterion",
    "DataError",
    "DataWarning",
    "Equity",
    "FreeWeights",
    "Import",
    "IntervalWeights",
    "LandCover",
    "LandReleaseError",
    "OptionError",
    "OrdinalWeights",
    "Plan",
    "PlanProducts",
    "Products",
    "ProgrammeError",
    "Quantity",
    "RankProducts",
    "Ranking",
    "Registry",
    "RegistryError",
    "SiteCheck",
    "Stability",
    "Swap",
    "TimeToUse",
    "TreatyTables",
    "access_gain",
    "adjusted_area",
    "assess_use",
    "assign_admin",
    "attribute",
    "beneficiaries",
    "beneficiaries_seen",
    "benefit_cost",
    "budget_sweep",
    "check_criteria",
    "check_published",
    "check_site",
    "compare_exports",
    "conflicts_on",
    "criteria_table",
    "describe",
    "equity",
    "events_from_areas",
    "events_from_changes",
    "explain",
    "find_problems",
    "follow_up_sample",
    "funding_line",
    "history_of",
    "land_balance",
    "land_release_map",
    "leave_one_out",
    "map_areas",
    "mapped_classes",
    "mask_points",
    "match_follow_ups",
    "match_nearby",
    "match_overlap",
    "match_projects",
    "match_raster",
    "plan_clearance",
    "plan_programme",
    "prioritise",
    "priority_map",
    "publishable",
    "rank_programme",
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
    "sample_size",
    "save_page",
    "stability",
    "status_on",
    "swap_weights",
    "time_to_ends",
    "time_to_use",
    "traverse",
    "treaty_tables",
    "union_area_m2",
    "usable_rows",
    "use_summary",
    "womens_share",
    "write_priority_page",
    "write_report",
    "write_site_report",
]

_LATE = {
    "PlanProducts": "rank",
    "Products": "job",
    "RankProducts": "rank",
    "run": "job",
    "sample_programme": "job",
    "land_release_map": "maps",
    "map_areas": "scale",
    "plan_programme": "rank",
    "priority_map": "maps",
    "rank_programme": "rank",
    "read_parts": "scale",
    "save_page": "maps",
    "write_priority_page": "report",
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
