"""What a report of coordination rests on: projects shared out over releases, the needs of units, and ranked hazards."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from landrelease.job.inputs import Work
from landrelease.job.priorities import rank_areas, scheme_of
from landrelease.job.programme import Programme
from landrelease.job.units import unit_level, unit_names
from landrelease.linkage import CoordinationGaps, coordination_gaps
from landrelease.linkage.obstacles import state_of, unplaced
from landrelease.match import ProjectWeights, project_weights
from landrelease.report.document.model import Section
from landrelease.report.kinds.coordination import coordination_sections
from landrelease.tables import NO_HAZARD

__all__ = ["inputs_of", "linked", "sections_of"]

_NEEDED = ("events", "areas", "admin_areas", "projects", "needs")
_GAP = "no project was given. Add [inputs.projects], as a table or as IATI XML."


def inputs_of(programme: Programme) -> tuple[str, ...]:
    """Return the inputs that the report reads: with a ranking, also those of its scheme."""
    if programme.priority is None:
        return _NEEDED
    return (*_NEEDED, *scheme_of(programme, programme.priority).layers)


def sections_of(work: Work, say: Callable[[str], None]) -> tuple[Section, ...]:
    """Return what the records say of coordination."""
    frames, names = work.frames, unit_names(work)
    if "projects" not in frames:
        return coordination_sections(_GAP, names)
    if work.programme.priority is not None:
        # how sure the order is does not change which hazards are in the way
        priority = work.programme.priority.model_copy(update={"top": None, "budget": None})
        work.programme = work.programme.model_copy(update={"priority": priority})
        rank_areas(work, say)
    say("Sharing projects out over releases")
    found = linked(work)
    hazards = frames["areas"][~frames["areas"]["status"].isin(NO_HAZARD)]
    return coordination_sections(
        found, names, placed=_placed(frames["projects"], found[0].as_of), unplaced=unplaced(hazards),
        is_ranked="ranking" in frames, within_m=work.programme.report.near_m,
    )  # fmt: skip


def _placed(projects: pd.DataFrame, day: pd.Timestamp) -> tuple[int, int]:
    """Return how many projects that have not ended have an exact place, and how many there are."""
    is_over = projects["status"].eq("cancelled") | state_of(projects, day).eq("ended")
    here = projects[~is_over.to_numpy(dtype=bool)]
    exact = here[here["is_point"].eq(True).to_numpy(dtype=bool)]
    return exact["project_id"].nunique(), here["project_id"].nunique()


def linked(work: Work) -> tuple[CoordinationGaps, ProjectWeights]:
    """Share the projects out over the releases, and find where they and release miss each other."""
    frames, match = work.frames, work.programme.match
    weights = project_weights(
        frames["releases"], frames["projects"], within_m=match.projects_within_m, months_before=match.months_before,
        months_after=match.months_after, admin_areas=frames.get("admin_areas"),
    )  # fmt: skip
    areas = frames["areas"]
    found = coordination_gaps(
        frames["releases"], frames["projects"], links=weights.weights,
        as_of=work.programme.programme.as_of, needs=frames.get("needs"),
        hazards=areas[~areas["status"].isin(NO_HAZARD)],
        ranking=frames["ranking"].table if "ranking" in frames else None, within_m=work.programme.report.near_m,
        admin_areas=frames.get("admin_areas"), level=unit_level(work),
    )  # fmt: skip
    return found, weights
