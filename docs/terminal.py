# /// script
# requires-python = ">=3.9"
# dependencies = ["pyte==0.8.2"]
# ///
"""Draws docs/terminal.svg: runs the program on a pseudoterminal and draws the screen that it leaves.

    cargo build --release --package conversations-cli
    uv run docs/terminal.py target/release/conversations

The commands are those of COMMANDS, on the sample data, in an empty folder.
"""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from xml.sax.saxutils import escape

import pyte

COLUMNS, LINES = 120, 200
# Each command, and the number of lines of its output to draw; the rest is cut with an ellipsis.
COMMANDS = [
    ("conversations export --demo --start 2026-04-01 --end 2026-04-03 -o calls.parquet", None),
    ("conversations list --demo --limit 4", None),
    ("conversations show OUT-4309bb71-e433-9968-e3f8-ae39f8c43360 --from calls.parquet", 19),
]
CELL_WIDTH, LINE_HEIGHT, MARGIN, BAR = 8.0, 18, 16, 32
BACKGROUND, FOREGROUND, FAINT = "#1e1e2e", "#d9dcea", "#8d93ab"
COLORS = {
    "black": "#6c7086", "red": "#f38ba8", "green": "#a6e3a1", "brown": "#f9e2af", "yellow": "#f9e2af",
    "blue": "#89b4fa", "magenta": "#f5c2e7", "cyan": "#94e2d5", "white": FOREGROUND,
}


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for command, limit in COMMANDS:
            screen = run(program, command.split()[1:], folder)
            shown = screen[:limit] if limit else screen
            lines += [[("$ ", FAINT, False), (command, FOREGROUND, True)], *shown]
            lines += [[("…", FAINT, False)]] if len(shown) < len(screen) else []
            lines.append([])
    picture = pathlib.Path(__file__).with_name("terminal.svg")
    picture.write_text(svg(lines[:-1]), encoding="utf-8")


def run(program, arguments, folder):
    """Runs the program on a terminal of its own, and returns the lines of its screen as runs of one style."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": folder, "LANG": "C.UTF-8"}
    child = subprocess.Popen(
        [program, *arguments], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    while True:
        try:
            output = os.read(ours, 65536)
        except OSError:  # Linux reports the end of a pseudoterminal as an error.
            break
        if not output:
            break
        stream.feed(output)
    os.close(ours)
    if child.wait() != 0:
        sys.exit(f"error: {' '.join(arguments)} failed:\n" + "\n".join(screen.display).rstrip())
    lines = [styles(screen.buffer[line]) for line in range(LINES)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def styles(line):
    runs = []
    for column in range(COLUMNS):
        cell = line[column]
        color = COLORS.get(cell.fg, FOREGROUND if cell.fg == "default" else f"#{cell.fg}")
        if runs and runs[-1][1:] == (color, cell.bold):
            runs[-1] = (runs[-1][0] + cell.data, color, cell.bold)
        else:
            runs.append((cell.data, color, cell.bold))
    while runs and not runs[-1][0].rstrip():
        runs.pop()
    return runs


def svg(lines):
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * LINE_HEIGHT + BAR + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="The program in a terminal">',
        "<!-- Drawn by docs/terminal.py from a run of the program. -->",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        *(f'<circle cx="{20 + 20 * i}" cy="18" r="6" fill="{c}"/>' for i, c in enumerate(["#f38ba8", "#f9e2af", "#a6e3a1"])),
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="13" '
        f'fill="{FOREGROUND}">',
    ]
    for number, runs in enumerate(lines):
        column, y = 0, BAR + MARGIN + (number + 0.7) * LINE_HEIGHT
        for text, color, bold in runs:
            # Words at their columns, because the fonts of readers differ in width.
            for words in re.finditer(r"\S+(?: \S+)*", text):
                x = MARGIN + (column + words.start()) * CELL_WIDTH
                style = (f' fill="{color}"' if color != FOREGROUND else "") + (' font-weight="bold"' if bold else "")
                length = len(words[0]) * CELL_WIDTH
                drawn.append(
                    f'<text x="{x:g}" y="{y:g}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"{style}>'
                    f"{escape(words[0])}</text>"
                )
            column += len(text)
    return "\n".join([*drawn, "</g>", "</svg>", ""])


main()
