"""docs/metrics.md on the standard output: `python -m agentmux.score > docs/metrics.md`."""

from agentmux.score.document import metrics_markdown

print(metrics_markdown())
