"""Requests details and recordings through Prism's proxy, which validates requests and responses.

`agents_through_prism.py BASE_URL AGENTS_BASE_URL PRISM_URL KEY ACCOUNT PROJECT`
"""

import io
import json
import sys
import urllib.error
import urllib.request
import wave

base_url, agents_base_url, prism_url, key, account, project = sys.argv[1:]


def get(url):
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers={"x-api-key": key}))
        return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


_, page = get(f"{base_url}/v3/{account}/{project}/conversations?limit=60")
recordings = 0
for conversation in json.loads(page)["conversations"]:
    detail_url = f"{prism_url}/v1/agents/{project}/conversations/{conversation['id']}"
    status, body = get(detail_url)
    assert status == 200, (status, body[:300])
    assert json.loads(body)["conversationId"] == conversation["id"]
    if conversation["total_duration"] > 120:
        continue
    audio = f"/v1/agents/{project}/conversations/{conversation['id']}/audio?direction=user&redacted=true"
    status, body = get(prism_url + audio)
    assert status in (200, 404), (status, body[:300])
    if status == 200:
        # Prism reads a body as text and sends other bytes on, so the file itself comes from the emulator.
        _, body = get(agents_base_url + audio)
        with wave.open(io.BytesIO(body)) as recording:
            assert recording.getnframes() == conversation["total_duration"] * recording.getframerate()
        recordings += 1
assert recordings > 0, "no call had a recording"
status, body = get(f"{prism_url}/v1/agents/{project}/conversations/none")
assert status == 404, (status, body[:300])
status, body = get(f"{detail_url}/audio?direction=both")
assert status == 422, f"Prism let a bad request pass with {status}"
print(f"60 details and {recordings} recordings pass Prism")
