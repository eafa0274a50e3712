"""Where agents run: one small protocol, one file for each way to keep an agent in its place."""
