"""moto, an S3 server, in this process, with a clock that can be set forward."""

import threading
from datetime import timedelta

import boto3
import moto.s3.models
from gate import gate
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

NAME = "S3 (moto)"
SCHEME = "s3"
SKIPPED = ()
offset = timedelta()
real_time = moto.s3.models.utcnow
moto.s3.models.utcnow = lambda: real_time() + offset


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


server = DomainDispatcherApplication(create_backend_app)


def gated(environ, start_response):
    if environ["REQUEST_METHOD"] == "PUT":
        gate.pass_through(environ["PATH_INFO"])
    return server(environ, start_response)


bucket = make_server("127.0.0.1", 0, gated, threaded=True, request_handler=Quiet)
threading.Thread(target=bucket.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{bucket.server_port}"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
ENVIRONMENT |= {"AWS_ALLOW_HTTP": "true", "AWS_ENDPOINT": address}
keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
s3 = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)


def stop():
    bucket.shutdown()


def create(name):
    s3.create_bucket(Bucket=name)


def objects(name):
    listed = s3.list_objects_v2(Bucket=name)["Contents"]
    return {found["Key"]: s3.get_object(Bucket=name, Key=found["Key"])["Body"].read() for found in listed}


def forward():
    global offset
    offset += timedelta(seconds=200)
