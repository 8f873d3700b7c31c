"""Keeps the operations of one host, `of_host.py list|agents`, of a document on standard input.

The operations of the agents host have `servers` of their own. No output if the document has no operation of the host.
"""

import json
import sys

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
(host,) = sys.argv[1:]
document = json.load(sys.stdin)
for path, item in list(document["paths"].items()):
    for method in METHODS & item.keys():
        own_servers = item[method].pop("servers", None) or item.get("servers")
        if (own_servers is not None) != (host == "agents"):
            del item[method]
    item.pop("servers", None)
    if not METHODS & item.keys():
        del document["paths"][path]
if document["paths"]:
    json.dump(document, sys.stdout)
