"""What a recording is scored on. Pure: no IO, no clock; the same recording gives the same numbers."""
