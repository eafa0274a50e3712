"""The Textual app. Nothing outside this package imports Textual, so what Textual reads on import is set here."""

import os

# With the kitty protocol a key is no longer the bytes that programs in the panes expect.
os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
# At the default 60, a glyph waits up to 16 ms for its frame.
os.environ.setdefault("TEXTUAL_FPS", "120")
# Milliseconds until an escape byte that nothing follows counts as the Escape key.
os.environ.setdefault("ESCDELAY", "20")
