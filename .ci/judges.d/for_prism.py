"""Removes `nullable` where no `type` stands beside it, from a document on standard input.

By OpenAPI 3.0.3 it means nothing there: a schema without type takes null as it is. Prism's validator refuses to
compile such a schema, says nothing, and lets every body pass.
"""

import json
import sys


def mend(node):
    if isinstance(node, dict):
        if node.get("nullable") is True and "type" not in node:
            del node["nullable"]
        for value in node.values():
            mend(value)
    elif isinstance(node, list):
        for value in node:
            mend(value)


document = json.load(sys.stdin)
mend(document)
json.dump(document, sys.stdout)
