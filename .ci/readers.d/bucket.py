"""The bucket of the S3 server: made, cleared of the file that no run has written, or compared with what the same commands wrote to the disk."""

import gzip
import os
import pathlib
import sys
import time

import boto3

s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT"], region_name="us-east-1")

FOREIGN = "daily/date=2026-04-01/conversations-0123456789abcdef.parquet"

if sys.argv[1] == "create":
    for _ in range(300):
        try:
            s3.create_bucket(Bucket="calls")
            break
        except s3.exceptions.BucketAlreadyOwnedByYou:
            break
        except Exception:  # The server is still starting.
            time.sleep(0.1)
    else:
        sys.exit("error: the S3 server did not start within 30 s")
    # No run has written it: a run must neither replace nor remove it, and readers would count it.
    s3.put_object(Bucket="calls", Key=FOREIGN, Body=b"old")
    sys.exit()

if sys.argv[1] == "clear":
    objects = s3.list_objects_v2(Bucket="calls")["Contents"]
    if {found["Key"] for found in objects} != {FOREIGN} or s3.get_object(Bucket="calls", Key=FOREIGN)["Body"].read() != b"old":
        sys.exit(f"error: a rejected run changed the bucket: {objects}")
    s3.delete_object(Bucket="calls", Key=FOREIGN)
    sys.exit()

jsonl, folder = sys.argv[2:]


def content(key):
    return s3.get_object(Bucket="calls", Key=key)["Body"].read()


listed = s3.list_objects_v2(Bucket="calls", Prefix="daily/")
keys = {found["Key"].removeprefix("daily/") for found in listed["Contents"]}
seen = {key for key in keys if not key.startswith("_conversations/") and key != "_manifest.json"}
root = pathlib.Path(folder)
files = {str(path.relative_to(root)) for path in root.glob("date=*/*")}
if seen != files:
    sys.exit(f"error: the bucket has {len(seen)} files, the folder {len(files)}: {seen ^ files}")
for name in files:
    if content(f"daily/{name}") != (root / name).read_bytes():
        sys.exit(f"error: {name} differs between bucket and folder")
if gzip.decompress(content("april.jsonl.gz")) != pathlib.Path(jsonl).read_bytes():
    sys.exit("error: the exported object differs from the exported file")
left = keys - seen
print(f"S3: {len(files)} files as on the disk; besides them {len(left)} of the program's own")
