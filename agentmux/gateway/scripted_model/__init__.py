"""A model that follows a script, for tests and demos of real agent CLIs without a key.

```
server.py     HTTP: routes, refusals, pace                   listening.py: sockets
dialects/     requests and replies of one API each           messages, chat, responses, gemini
play.py       which beat is next, from the conversation      side.py: titles, quota and the like
beats.py      a script's steps as replies                    script.py: the YAML
tools.py      an action as a call of a tool that is offered
```
"""
