"""Clones, snapshots, diffs and merges: git, always through the host's own git directory."""
