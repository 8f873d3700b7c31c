"""What Schemathesis cannot read in a document: the rules that stand in its prose.

A schema can't say that two parameters exclude each other, that one needs another, or that a cursor is only
good if the server gave it. Requests that break such a rule are valid by the schema and must be refused all the
same. So the built-in check `positive_data_acceptance` is configured to tolerate a 400, and the check below is
stricter in its place: a request that is valid and breaks no rule must be answered with 200, one that breaks a
rule with 400, and nothing else will do.

Left alone, most generated requests break a rule and never reach a page; three quarters of the valid ones are
mended before they are sent. The links make the stateful phase possible: from a page to the next one.
"""

import os
import zlib
from urllib.parse import parse_qs, urlsplit

import schemathesis

VERSION = os.environ["JUDGED_VERSION"]
BY_CURSOR = VERSION != "v1"
# With the ids of a project that exists the answer is certain; with generated ones it is 404.
PROJECT_EXISTS = os.environ["JUDGED_PROJECT"] == "one that exists"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    if VERSION == "agents":
        return
    (path,) = raw_schema["paths"].values()
    operation = path["get"]
    place = {"cursor": "$response.body#/cursor"} if BY_CURSOR else {"offset": "$response.body#/next_offset"}
    ids = {name: f"$request.path.{name}" for name in ["account_id", "project_id"]}
    operation["responses"]["200"].setdefault("links", {})["next_page"] = {
        "operationId": operation["operationId"],
        "parameters": place | ids,
    }


@schemathesis.hook
def before_call(context, case, kwargs):
    query, mode = case.query, case.meta.generation.mode if case.meta else None
    if VERSION == "agents" or mode is None or not mode.is_positive or not query or zlib.crc32(repr(sorted(query)).encode()) % 4 == 0:
        return
    if "variant_id" in query:
        query.pop("variant_name", None)
    if not BY_CURSOR:
        return
    if "query_type" in query:
        query.pop("sample", None)
        query["query"] = query.get("query") or "invoice"
    if "query_type" in query or "sample" in query:
        query.setdefault("start_time", "2026-04-01T00:00:00Z")
        query.setdefault("end_time", "2026-05-01T00:00:00Z")
    if case.meta.phase.name.value != "stateful":
        query.pop("cursor", None)


def broken_rule(given):
    has = lambda name: name in given
    if has("variant_id") and has("variant_name"):
        return "variant_id excludes variant_name"
    if not BY_CURSOR:
        return None
    if has("query_type") and has("sample"):
        return "query_type excludes sample"
    if has("query_type") and not given.get("query", [""])[0]:
        return "query_type needs query"
    if (has("query_type") or has("sample")) and not (has("start_time") and has("end_time")):
        return "a retrieval mode needs both ends of the range"
    return None


def the_rules_of_agents(response):
    """The configured ids are those of a call with a recording; no agent has a draft to chat with."""
    path, method = urlsplit(response.request.url).path, response.request.method
    if method == "GET" and "/conversations/" in path:
        # A generated `Range` may name a part, or begin past the end.
        has_range = path.endswith("/audio") and "Range" in response.request.headers
        expected = (200, 206, 416) if has_range else (200,)
    elif method == "POST" and "/debug-chat" in path:
        expected = (400,) if path.endswith("/debug-chat") else (404,)
    else:
        return
    assert response.status_code in (*expected, 401), f"{method}: {response.status_code} instead of {expected}"


@schemathesis.check
def the_rules_of_the_prose(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    if VERSION == "agents":
        the_rules_of_agents(response)
        return
    if response.request.method != "GET":
        return
    if not PROJECT_EXISTS:
        assert response.status_code in (404, 401), f"no such project, and yet {response.status_code}"
        return
    given = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
    rule = broken_rule(given)
    if rule is not None:
        assert response.status_code == 400, f"{rule}, and yet {response.status_code}"
    elif BY_CURSOR and "cursor" in given:
        # Whether the server gave this cursor, for these filters, it alone knows.
        assert response.status_code in (200, 400), f"a cursor was answered with {response.status_code}"
    else:
        assert response.status_code == 200, f"no rule is broken, and yet {response.status_code}"
