"""Runs the statements of docs/reading-the-files.md, so that the page is what was tested."""

import pathlib
import re

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reading-the-files.md"


def statement(engine, name):
    """The block after the mark `<!-- engine: name -->`, each statement of it if it is SQL."""
    mark = re.escape(f"<!-- {engine}: {name} -->")
    found = re.findall(rf"^{mark}\n```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    if len(found) != 1:
        raise SystemExit(f"error: {PAGE.name} has {len(found)} blocks marked {engine}: {name}")
    [(language, text)] = found
    return [part for part in re.split(r";\n", text) if part.strip()] if language == "sql" else text


def marks(engine):
    """The names of all blocks of an engine."""
    return set(re.findall(rf"^<!-- {engine}: (\w+) -->$", PAGE.read_text(encoding="utf-8"), re.M))
