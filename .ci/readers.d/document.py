"""Runs the statements of two pages of docs/, so that the pages are what was tested."""

import pathlib
import re

PAGES = [pathlib.Path(__file__).parents[2] / "docs" / name for name in ("reading-the-files.md", "delta-table.md")]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def statement(engine, name):
    """The block after the mark `<!-- engine: name -->`, each statement of it if it is SQL."""
    mark = re.escape(f"<!-- {engine}: {name} -->")
    found = re.findall(rf"^{mark}\n```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)
    if len(found) != 1:
        raise SystemExit(f"error: the pages have {len(found)} blocks marked {engine}: {name}")
    [(language, text)] = found
    return [part for part in re.split(r";\n", text) if part.strip()] if language == "sql" else text


def marks(engine):
    """The names of all blocks of an engine."""
    return set(re.findall(rf"^<!-- {engine}: (\w+) -->$", TEXT, re.M))
