"""The frames of rankings, plans, access and benefit-cost, column by column."""

from __future__ import annotations

from landrelease.tables.columns import (
    Column,
    code,
    count,
    flag,
    number,
    result,
    share,
    text,
)

__all__ = ["PRIORITY_RESULTS"]

_THETA = number("theta", "trade elasticity: how fast a market that is farther away counts less")
_CASE = text("case", "low, central or high: all ends that make the benefit small, the values, all that make it large")
_BALANCE = (
    number("benefit_usd", "sum of the parts", "usd"), number("cost_usd", "cost of release", "usd"),
    number("ratio", "benefit over cost"),
)  # fmt: skip
_WORTH = (
    number("safety_usd", "present value of deaths and injuries averted", "usd"),
    number("production_usd", "present value of what the land yields; only if yields were given", "usd"),
    number("land_usd", "price of the land; only if prices were given", "usd"),
    number("access_usd", "present value of better access; only if it was given", "usd"),
    *_BALANCE[:2],
    number("net_usd", "benefit less cost", "usd", low=None), _BALANCE[2],
    number("break_even_vsl_usd", "value of a statistical life at which they are equal; missing without lives", "usd"),
)  # fmt: skip

PRIORITY_RESULTS = (
    result(
        "ranking", "an area",
        text("area_id", "the area"), number("score", "sum of the contributions; of TOPSIS the closeness", low=None),
        Column("rank", "count", "1 is first; equal scores share a rank", low=1),
        Column("tie_group", "count", "areas that nothing distinguishes share one", low=1),
        text("priority_class", "class of a scheme of two tiers"),
        number("score_low", "lowest score that it may have (missing='bounds')", low=None),
        number("score_high", "highest score that it may have", low=None),
        Column("rank_best", "count", "best rank that it may have", low=1),
        Column("rank_worst", "count", "worst rank that it may have", low=1),
        number("distance_to_best", "of TOPSIS: to the most urgent values", low=0),
        number("distance_to_worst", "of TOPSIS: to the least urgent values", low=0),
    ),
    result(
        "stability", "an area",
        text("area_id", "the area"), Column("rank", "count", "as in the ranking", low=1),
        share("first_share", "of the draws in which no area scores higher"),
        share("top_10_share", "of the draws in which fewer than 10 areas score higher; one for each of `top`"),
        Column("p05_rank", "count", "rank that it has or betters in 5 % of the draws", low=1),
        Column("p50_rank", "count", "the same in 50 %", low=1),
        Column("p95_rank", "count", "the same in 95 %", low=1),
        share("confidence_share", "of the draws of values in which it is first if its own central weights hold"),
    ),
    result(
        "funding_line", "an area",
        text("area_id", "the area"), Column("rank", "count", "as in the ranking", low=1),
        share("in_share", "of the draws in which it is funded"),
        text("line", "in, interchangeable or out"), text("reason", "the same in words"),
    ),
    result(
        "leave_one_out", "a criterion",
        text("column", "column of the criterion that is left out"), number("weight", "its weight in the ranking"),
        number("kendall_tau", "Kendall's tau-b of the orders with and without it, -1 to 1", low=None),
        share("top_10_overlap_share", "of the first 10 areas, those that are so in both; one for each of `top`"),
        id="column",
    ),
    result(
        "swap_weights", "a criterion",
        text("column", "column of the criterion"), number("weight", "its weight in the ranking"),
        number("nearest_weight", "of the nearest weights at which both areas have the same score"),
        number("alone_weight", "the same, if this weight alone is changed and the others keep their ratios"),
        id="column",
    ),
    result(
        "plan_table", "an area",
        text("area_id", "the area"), Column("rank", "count", "as in the ranking", low=1),
        flag("is_selected", "whether it is in the plan"), Column("year", "count", "year in which it is done"),
        code("method_code", "how it is done"), number("cost_usd", "cost, of what is in", "usd"),
        number("benefit", "benefit in its year, of what is in; sums to that of the plan"),
        number("benefit_rate", "what it gives, or would give, for each 1,000 USD"),
        number("line_rate", "what the money and teams that it takes are worth, less what its floor gives",
               low=None),
        code("would_method_code", "method of what is out that gives most per dollar", "method_code"),
        number("would_cost_usd", "what it would cost so", "usd"), number("would_benefit", "what it would give so"),
        number("enters_at_usd", "budget of all years at which it would come in, an estimate; missing where more "
               "money does not bring it in", "usd"),
        text("group", "group that its floor is for"), text("package_id", "package that it belongs to"),
        flag("is_kept", "whether it is in the previous plan that is to be kept"),
        code("plan_reason_code", "why it is in or out"), text("reason", "the same in words"),
    ),
    result(
        "plan_rules", "a rule of a plan",
        text("kind", "budget, capacity or floor"), text("name", "method or group; missing for money and all teams"),
        Column("year", "count", "year; missing for a floor"), text("unit", "unit of the next three"),
        number("limit", "what there is, or must be spent"), number("used", "what the plan uses"),
        number("slack", "what is left, or spent beyond the floor", low=None),
        number("benefit_per_unit", "benefit that one unit more would give; of a floor, one less"),
        text("rule", "the rule in words"), id="rule",
    ),
    result(
        "plan_packages", "a package",
        text("package_id", "the package"), flag("is_selected", "whether it is set up"),
        Column("year", "count", "year in which it is set up"), number("setup_usd", "what that costs", "usd"),
        count("area_count", "areas of it that are in"), id="package_id",
    ),
    result(
        "plan_relaxations", "a rule that gave way",
        Column("way", "count", "the way that was taken, 1", low=1),
        text("kind", "budget, capacity, floor, must or keep"), text("name", "method, group or area"),
        Column("year", "count", "year; missing where it has none"), number("limit", "limit as it was given"),
        number("new_limit", "limit that the plan keeps"), number("by", "difference of the two"),
        text("unit", "their unit"), flag("is_least", "shown that no smaller change of this kind is enough"),
        text("text", "the change in words"), id="name",
    ),
    result(
        "budget_sweep", "a budget",
        number("budget_usd", "money of all years", "usd"), number("benefit", "what it buys"),
        number("bound", "no plan gives more"),
        number("gap", "part of the bound that the plan may be short of", high=1),
        number("greedy_benefit", "what the most benefit per dollar first reaches; missing where it breaks a rule"),
        number("spent_usd", "cost of areas and packages", "usd"), count("area_count", "areas that are in"),
        text("note", "why no plan keeps the rules"), id="budget_usd",
    ),
    result(
        "access_areas", "an area and a theta",
        _THETA, text("area_id", "the area; its gains are missing where it has no polygon"),
        number("alone_gain", "gain when it is released and no other: people times log points", "log people"),
        number("alone_growth", "the same as growth of the market that a person reaches"),
        number("last_gain", "gain when all others were released before", "log people"),
        number("last_growth", "the same as growth of the market that a person reaches"),
        count("newly_connected_count", "people of places that reach nobody before, and somebody after it alone"),
        count("blocked_count", "pieces of road that it blocks"),
    ),
    result(
        "access_joint", "a theta, all areas released",
        _THETA, number("gain", "people times log points", "log people"),
        number("growth", "growth of the market that a person reaches"),
        count("newly_connected_count", "people of places that reach nobody before, and somebody after"),
        id="theta",
    ),
    result(
        "access_order", "an area in the greedy order of a theta",
        _THETA, Column("rank", "count", "1 is first", low=1), text("area_id", "the area"),
        number("marginal_gain", "gain that it adds to those before it", "log people"),
        number("gain", "gain of it and all before it", "log people"),
        number("growth", "the same as growth of the market that a person reaches"),
        count("newly_connected_count", "people whom it connects after those before it"),
    ),
    result(
        "access_places", "a place and a theta",
        _THETA, text("settlement_id", "the id column of the places"),
        count("population_count", "people who live there"),
        number("road_distance_m", "distance to its road; missing where none is within reach", "m"),
        number("access_before", "market access while all areas are closed: people, less by the way", "people"),
        number("access_after", "the same when all are released", "people"),
        id="settlement_id",
    ),
    result("benefit_cost_areas", "an area and a case", text("area_id", "the area"), _CASE, *_WORTH),
    result(
        "benefit_cost_total", "a case, over the areas of which everything is known",
        _CASE, count("area_count", "areas that are summed"),
        count("left_out_count", "areas of which something is not known"), *_WORTH,
        id="case",
    ),
    result(
        "benefit_cost_sensitivity", "a value of a statistical life and a discount rate",
        number("vsl_usd", "value of a statistical life", "usd"),
        text("source", "`given`, or the study that has it"),
        number("discount_rate", "of a year, as a share", "per year"), *_BALANCE,
        id="vsl_usd",
    ),
    result(
        "benefit_cost_unknown", "something that is not known",
        text("area_id", "the area"), text("column", "what of it is not known"),
    ),
)  # fmt: skip
