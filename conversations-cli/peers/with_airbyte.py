"""A low-code source of Airbyte's development kit, its records into a file of lines."""

import logging
import sys

import orjson
from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

url, key, path = sys.argv[1:]
base, resource = url.rsplit("/", 1)
stream = {
    "type": "DeclarativeStream",
    "name": "conversations",
    "primary_key": ["id"],
    "retriever": {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": base,
            "path": resource,
            "authenticator": {
                "type": "ApiKeyAuthenticator",
                "api_token": "{{ config['api_key'] }}",
                "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": "x-api-key"},
            },
            "request_parameters": {"client_env": "live"},
        },
        "record_selector": {
            "type": "RecordSelector",
            "extractor": {"type": "DpathExtractor", "field_path": ["conversations"]},
        },
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {
                "type": "RequestOption",
                "inject_into": "request_parameter",
                "field_name": "cursor",
            },
            "page_size_option": {
                "type": "RequestOption",
                "inject_into": "request_parameter",
                "field_name": "limit",
            },
            "pagination_strategy": {
                "type": "CursorPagination",
                "page_size": 1000,
                "cursor_value": "{{ response.get('cursor') }}",
                "stop_condition": "{{ not response.get('cursor') }}",
            },
        },
    },
    "schema_loader": {
        "type": "InlineSchemaLoader",
        "schema": {"type": "object", "additionalProperties": True, "properties": {"id": {"type": "string"}}},
    },
}
manifest = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["conversations"]},
    "streams": [stream],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
}
config = {"api_key": key}
schema = stream["schema_loader"]["schema"]
catalog = ConfiguredAirbyteCatalog(
    streams=[
        ConfiguredAirbyteStream(
            stream=AirbyteStream(
                name="conversations", json_schema=schema, supported_sync_modes=[SyncMode.full_refresh]
            ),
            sync_mode=SyncMode.full_refresh,
            destination_sync_mode=DestinationSyncMode.overwrite,
        )
    ]
)
source = ConcurrentDeclarativeSource(catalog=catalog, config=config, state=[], source_config=manifest)
count = 0
with open(path, "wb") as file:
    for message in source.read(logging.getLogger("airbyte"), config, catalog, []):
        if message.type == Type.RECORD:
            file.write(orjson.dumps(message.record.data) + b"\n")
            count += 1
print(count)
