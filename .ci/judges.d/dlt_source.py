"""Pages through the emulator with dlt's rest_api source, on v3 by cursor and on v1 by offset.

`dlt_source.py BASE_URL KEY ACCOUNT PROJECT ENVIRONMENT EXPECTED`
"""

import sys

from dlt.sources.rest_api import rest_api_resources

base_url, key, account, project, environment, expected = sys.argv[1:]
PAGINATORS = {
    "v3": {"type": "cursor", "cursor_path": "cursor", "cursor_param": "cursor"},
    "v1": {
        "type": "offset",
        "limit": 173,
        "offset_param": "offset",
        "limit_param": "limit",
        "total_path": None,
        "stop_after_empty_page": True,
    },
}

for version, paginator in PAGINATORS.items():
    config = {
        "client": {
            "base_url": base_url,
            "auth": {"type": "api_key", "name": "x-api-key", "api_key": key, "location": "header"},
            "paginator": paginator,
        },
        "resources": [
            {
                "name": "conversations",
                "primary_key": "id",
                "endpoint": {
                    "path": f"{version}/{account}/{project}/conversations",
                    "params": {"client_env": environment, "limit": 173},
                    "data_selector": "conversations",
                },
            }
        ],
    }
    (resource,) = rest_api_resources(config)
    ids = [conversation["id"] for conversation in resource]
    assert len(ids) == len(set(ids)), "a conversation came twice"
    assert len(ids) == int(expected), f"{len(ids)} conversations of {expected} on {version}"
    print(f"dlt rest_api: {len(ids)} of {expected} conversations ({environment}) on {version}")
