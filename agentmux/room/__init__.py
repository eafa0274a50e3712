"""The room, pure: what can happen (events), be asked (commands), is (state), and how one follows from the other.

    command -> decide(state, actor, command, now) -> events, reply -> append -> fold -> everyone who follows

Nothing in here does IO, reads a clock or knows asyncio.
"""
