"""What a repository says about how agents work on it, and whether the user agrees; what `agentmux init` proposes."""
