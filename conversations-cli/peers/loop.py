"""The loop that people write: page after page into a list, and the list into a file."""

import json
import sys

import requests

url, key, path = sys.argv[1:]
conversations, cursor = [], None
while True:
    parameters = {"limit": 50, "client_env": "live"}
    if cursor:
        parameters["cursor"] = cursor
    answer = requests.get(url, params=parameters, headers={"x-api-key": key}, timeout=60)
    answer.raise_for_status()
    page = answer.json()
    conversations += page["conversations"]
    cursor = page.get("cursor")
    if not cursor:
        break
with open(path, "w") as file:
    json.dump(conversations, file)
print(len(conversations))
