"""What watches panes, files and engines and reports to the room."""
