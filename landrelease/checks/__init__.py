"""What can be wrong with a column, a shape or a row of a table: one frame of problems for each kind of fault.

`landrelease.rules` says what each rule means, and puts these together.
"""

from landrelease.checks.columns import column_problems
from landrelease.checks.found import (
    PROBLEM_COLUMNS,
    as_written,
    id_key,
    one_id_key,
    problems_of,
    whole_problem,
)
from landrelease.checks.rows import row_problems
from landrelease.checks.shapes import shape_problems

__all__ = [
    "PROBLEM_COLUMNS",
    "as_written",
    "column_problems",
    "id_key",
    "one_id_key",
    "problems_of",
    "row_problems",
    "shape_problems",
    "whole_problem",
]
