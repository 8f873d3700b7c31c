"""dlt's rest_api source into files of lines."""

import os
import sys

import dlt
from dlt.sources.rest_api import rest_api_source

url, key, path = sys.argv[1:]
base, resource = url.rsplit("/", 1)
os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = "file://" + os.path.abspath(path)
source = rest_api_source(
    {
        "client": {
            "base_url": base + "/",
            "auth": {"type": "api_key", "name": "x-api-key", "api_key": key, "location": "header"},
            "paginator": {"type": "cursor", "cursor_path": "cursor", "cursor_param": "cursor"},
        },
        "resources": [
            {
                "name": "conversations",
                "primary_key": "id",
                "max_table_nesting": 0,
                "endpoint": {
                    "path": resource,
                    "params": {"client_env": "live", "limit": 1000},
                    "data_selector": "conversations",
                },
            }
        ],
    }
)
pipeline = dlt.pipeline("peers", destination="filesystem", dataset_name="out", pipelines_dir=path + ".state")
pipeline.run(source, loader_file_format="jsonl")
print(pipeline.last_trace.last_normalize_info.row_counts["conversations"])
