"""tmux: the only terminal emulator. Structure through libtmux, the hot path through one control-mode client."""
