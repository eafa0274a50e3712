"""`agentmux doctor --agent NAME`: a profile's CLI tried in its container, at a scripted model.

```
place.py     a throw-away session: home, repository, room, container; nothing of it stays
script.py    what the model says
steps.py     the trial, step by step, each with a verdict and what to do
person.py    a person at the pane, who types (pexpect)
```
"""
