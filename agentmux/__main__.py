"""`python -m agentmux` is `agentmux`."""

from agentmux.cli import main

main()
