"""Prints the id of the shortest call with a recording.

`recorded_call.py BASE_URL AGENTS_BASE_URL KEY ACCOUNT PROJECT`
"""

import json
import sys
import urllib.error
import urllib.request

base_url, agents_base_url, key, account, project = sys.argv[1:]


def get(url, method="GET"):
    return urllib.request.urlopen(urllib.request.Request(url, headers={"x-api-key": key}, method=method))


page = json.load(get(f"{base_url}/v3/{account}/{project}/conversations"))
for conversation in sorted(page["conversations"], key=lambda one: one["total_duration"]):
    try:
        get(f"{agents_base_url}/v1/agents/{project}/conversations/{conversation['id']}/audio", "HEAD")
    except urllib.error.HTTPError as error:
        assert error.code == 404, error.code
        continue
    print(conversation["id"])
    break
else:
    sys.exit("no call has a recording")
