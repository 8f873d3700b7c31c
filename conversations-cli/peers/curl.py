"""Writes a curl configuration that fetches every page into nothing: the limit of the server and the network."""

import gzip
import json
import sys
import urllib.parse
import urllib.request

url, key, path = sys.argv[1:]
urls, cursor = [], None
while True:
    parameters = {"limit": 1000, "client_env": "live"}
    if cursor:
        parameters["cursor"] = cursor
    urls.append(f"{url}?{urllib.parse.urlencode(parameters)}")
    request = urllib.request.Request(urls[-1], headers={"x-api-key": key, "accept-encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as response:
        body = response.read()
        if response.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
    cursor = json.loads(body).get("cursor")
    if not cursor:
        break
with open(path, "w") as file:
    file.write(f'silent\nfail\ncompressed\nheader = "x-api-key: {key}"\n')
    for page in urls:
        file.write(f'url = "{page}"\noutput = "/dev/null"\n')
