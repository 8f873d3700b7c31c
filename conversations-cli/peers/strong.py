"""A careful client: one connection, large pages, a fast JSON library, and a line each as pages come."""

import sys

import httpx
import orjson

url, key, path = sys.argv[1:]
count, cursor = 0, None
with httpx.Client(headers={"x-api-key": key}, timeout=60) as client, open(path, "wb") as file:
    while True:
        parameters = {"limit": 1000, "client_env": "live"}
        if cursor:
            parameters["cursor"] = cursor
        answer = client.get(url, params=parameters)
        answer.raise_for_status()
        page = orjson.loads(answer.content)
        for conversation in page["conversations"]:
            file.write(orjson.dumps(conversation) + b"\n")
        count += len(page["conversations"])
        cursor = page.get("cursor")
        if not cursor:
            break
print(count)
