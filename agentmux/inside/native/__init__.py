"""agentmux's own small agent: a shell, the room's tools, and any model that litellm knows. Python 3.11, and litellm."""
