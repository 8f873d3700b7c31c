"""Prints the license texts of the crates that are compiled into the program, as most of them require of its copies.

A text that several crates have in common is printed once, below their names. The list is that of all platforms.
"""

import collections
import json
import pathlib
import subprocess
import sys

PROGRAM = "conversations-cli"


def main():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    crates_of, missing = collections.defaultdict(list), []
    for package in sorted(compiled_in(metadata, packages), key=lambda package: (package["name"], package["version"])):
        if package["source"] is None:
            continue
        crate = f'{package["name"]} {package["version"]} ({package["license"] or "see the text"})'
        texts = license_texts(package)
        for text in texts:
            crates_of[text].append(crate)
        if not texts:
            missing.append(crate)
    if not crates_of:
        sys.exit("error: no crate has a license text")
    write = sys.stdout.buffer.write
    for text, crates in crates_of.items():
        write(("\n".join(crates) + "\n\n" + text + "\n\n" + "-" * 78 + "\n\n").encode())
    write(("Published without a license text:\n\n" + "\n".join(missing) + "\n").encode())


def compiled_in(metadata, packages):
    """Returns the packages that the program is linked with: no build scripts, procedural macros or tests."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    waiting = [next(id for id, package in packages.items() if package["name"] == PROGRAM)]
    found = set()
    while waiting:
        id = waiting.pop()
        macro = any("proc-macro" in target["kind"] for target in packages[id]["targets"])
        if id in found or macro:
            continue
        found.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return [packages[id] for id in found]


def license_texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    names = ("license", "licence", "copying", "notice", "unlicense")
    files = [path for path in folder.iterdir() if path.is_file() and path.name.lower().startswith(names)]
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in sorted(files))
    return ["\n".join(line.rstrip() for line in text.strip().splitlines()) for text in texts]


main()
