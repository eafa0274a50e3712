"""Help is quick because nothing heavy is imported before a command needs it."""

import json
import subprocess
import sys

HEAVY = {"asyncio", "docker", "httpx2", "libtmux", "mcp", "pydantic", "starlette", "textual", "uvicorn", "yaml"}

SHOW_MODULES = """
import json, sys
sys.argv = ["agentmux", "--help"]
from agentmux.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_help_imports_nothing_heavy():
    ran = subprocess.run([sys.executable, "-c", SHOW_MODULES], capture_output=True, text=True, check=True)
    assert "Usage: agentmux" in ran.stdout
    assert HEAVY & set(json.loads(ran.stderr)) == set()


def test_a_command_imports_no_other_command():
    program = SHOW_MODULES.replace('"--help"', '"ls", "--help"')
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name for name in json.loads(ran.stderr) if name.startswith("agentmux.cli.")}
    assert loaded == {"agentmux.cli.later", "agentmux.cli.ls", "agentmux.cli.options"}


def test_a_room_starts_without_what_few_rooms_need_or_only_later():
    program = "import sys, agentmux.service.host; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"docker", "httpx2", "mcp", "textual", "typer"} & set(ran.stdout.split()) == set()


def test_a_viewer_starts_without_what_only_rooms_need():
    program = "import sys, agentmux.ui.app; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"docker", "httpx2", "libtmux", "mcp", "starlette", "typer", "uvicorn"} & set(ran.stdout.split()) == set()
