"""For a national programme: three years of work that keep a promise to each district, and what the promise costs."""

from pathlib import Path

import landrelease as lr

# Money, costs and promises stand in the programme file. The same: `landrelease plan examples/national.toml`.
here = Path(__file__).resolve().parent
products = lr.plan_programme(here / "national.toml", out=here / "out")
plan = products.plan
print(f"{len(plan.selected)} of {len(plan.table)} areas, {plan.spent_usd:,.0f} USD, benefit {plan.benefit:.2f}")
print(f"No plan gives more than {plan.bound:.2f}; the most benefit per dollar first gives {plan.greedy_benefit:.2f}.\n")

inside = plan.table[plan.table["is_selected"]]
by_year = inside.pivot_table(index="group", columns="year", values="cost_usd", aggfunc="sum", fill_value=0)
print("US dollars by district and year")
print(by_year.map("{:,.0f}".format).to_string())

# What would the money buy without the promises?
cost = plan.table.set_index("area_id")[["cost_usd", "would_cost_usd"]].bfill(axis=1)["cost_usd"]
money = {2026: 300_000, 2027: 300_000, 2028: 200_000}
free = lr.plan_clearance(products.ranking, cost=cost, budget=money, gap=0.01)
print(f"\nWithout the promises the benefit is {free.benefit:.2f}, with them {plan.benefit:.2f}.")

print("\nWhat other budgets would buy")
print(products.curve[["budget_usd", "area_count", "benefit"]].round(2).to_string(index=False))

print("\nThe first three that are out, and why")
for one in plan.table[~plan.table["is_selected"]].head(3).itertuples():
    print(f"{one.area_id}, rank {one.rank}: {one.reason}")
print(f"\nThe page: {products.page}")
