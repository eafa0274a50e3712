"""The room process."""
