"""How the numbers are made, for the reader of the report."""

from __future__ import annotations

from agentmux.compare.stats import CLAIM

METHOD = {
    "success": "All features of the task pass their tests on the merged tree; for a task without features, the work "
    "was merged and all checks pass there. Intervals of rates are Wilson's.",
    "features": "Of all features of all sessions, the share whose tests pass.",
    "medians": "Bootstrap intervals (percentiles of resamples from a fixed seed). All intervals are of 95 %; with "
    f"fewer than {CLAIM} observations there are too few to claim anything, and no interval is given.",
    "gap": "The baseline's rate of success minus the layout's (Newcombe's interval).",
    "retained": "The layout's rate of success divided by the baseline's (Katz's interval).",
    "odds": "The odds ratio of the layout against the baseline, pooled over strata by Mantel and Haenszel, with the "
    "interval of Robins, Breslow and Greenland; - where a ratio would have a zero below or above.",
    "paired": "The mean of the differences between sessions of the same task and repeat.",
    "coordination loss": "Of the features that the baseline passes, the share that the layout does not pass in the "
    "same repeat.",
    "synergy loss": "(best single agent - layout) / best single agent, by the share of features that pass; on each "
    "task the best of the layouts with one agent is taken.",
    "speedup and cost ratio": "The baseline's wall time divided by the layout's, and the layout's cost divided by the "
    "baseline's; the median over pairs.",
    "judge": "A model is shown both sessions of a pair, in both orders; where its answer changes with the order, the "
    "order decided and neither is better. It agrees with the tests where it finds better what alone passes.",
    "spread": "The standard deviation across the repeats of a task; over several tasks the root of the mean of their "
    "squares.",
}
