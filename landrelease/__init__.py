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
from landrelease.linkage import (
    CapacityProfile,
    Comparison,
    CoordinationGaps,
    FundingProfile,
    capacity_profile,
    compare,
    coordination_gaps,
    funding_profile,
    programme_indicators,
    sdg_table,
)
from landrelease.match import (
    LandCover,
    ProjectWeights,
    Quantity,
    assign_admin,
    duplicate_projects,
    match_nearby,
    match_overlap,
    match_projects,
    match_raster,
    project_weights,
    sector_shares,
    union_area_m2,
)
from landrelease.outcomes import assess_use, match_follow_ups, use_summary
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
    status_periods,
)
from landrelease.rules import find_problems, require_valid, usable_rows
from landrelease.tables import describe

if TYPE_CHECKING:
    from landrelease.job import (
        PlanProducts,
        Products,
        RankProducts,
        plan_programme,
        rank_programme,
        run,
        sample_programme,
    )
    from landrelease.maps import land_release_map, map_layer, priority_map, save_page, static_map
    from landrelease.report import (
        write_csv,
        write_geojson,
        write_geopackage,
        write_priority_page,
        write_report,
        write_site_report,
    )
    from landrelease.scale import map_areas, read_parts

__version__ = "0.1.0"

__all__ = [
    "AccessGain",
    "Answer",
    "BenefitCost",
    "CRSError",
    "CapacityProfile",
    "Comparison",
    "CoordinationGaps",
    "Criterion",
    "DataError",
    "DataWarning",
    "FreeWeights",
    "FundingProfile",
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
    "ProjectWeights",
    "Quantity",
    "RankProducts",
    "Ranking",
    "Registry",
    "RegistryError",
    "SiteCheck",
    "Stability",
    "Swap",
    "access_gain",
    "assess_use",
    "assign_admin",
    "benefit_cost",
    "budget_sweep",
    "capacity_profile",
    "check_criteria",
    "check_published",
    "check_site",
    "compare",
    "compare_exports",
    "conflicts_on",
    "coordination_gaps",
    "criteria_table",
    "describe",
    "duplicate_projects",
    "events_from_areas",
    "events_from_changes",
    "explain",
    "find_problems",
    "funding_line",
    "funding_profile",
    "history_of",
    "land_balance",
    "land_release_map",
    "leave_one_out",
    "map_areas",
    "map_layer",
    "match_follow_ups",
    "match_nearby",
    "match_overlap",
    "match_projects",
    "match_raster",
    "plan_clearance",
    "plan_programme",
    "prioritise",
    "priority_map",
    "programme_indicators",
    "project_weights",
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
    "save_page",
    "sdg_table",
    "sector_shares",
    "stability",
    "static_map",
    "status_on",
    "status_periods",
    "swap_weights",
    "traverse",
    "union_area_m2",
    "usable_rows",
    "use_summary",
    "write_csv",
    "write_geojson",
    "write_geopackage",
    "write_priority_page",
    "write_report",
    "write_site_report",
]

_LATE = {
    "PlanProducts": "job",
    "Products": "job",
    "RankProducts": "job",
    "run": "job",
    "sample_programme": "job",
    "land_release_map": "maps",
    "map_areas": "scale",
    "map_layer": "maps",
    "plan_programme": "job",
    "priority_map": "maps",
    "rank_programme": "job",
    "read_parts": "scale",
    "save_page": "maps",
    "static_map": "maps",
    "write_csv": "report",
    "write_geojson": "report",
    "write_geopackage": "report",
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
