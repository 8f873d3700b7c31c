"""Azurite, Microsoft's emulator of Azure Blob Storage ($AZURITE), behind a proxy that can hold a request."""

import http.client
import http.server
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from azure.storage.blob import BlobServiceClient
from gate import gate

NAME = "Azure (Azurite)"
SCHEME = "az"
ACCOUNT, KEY = "account", "a2V5"
SKIPPED = ("API", "_manifest.json")  # Azurite is slow: the stages that say the least about conditional writes


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.command == "PUT":
            gate.pass_through(self.path.split("?")[0].replace("%3D", "="))
        to = http.client.HTTPConnection("127.0.0.1", port)
        try:
            to.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                to.putheader(name, value)
            to.endheaders(body)
            answer = to.getresponse()
            content = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "keep-alive"):
                    self.send_header(name, value)
            length = answer.getheader("content-length") if self.command == "HEAD" else len(content)
            self.send_header("content-length", length or 0)
            self.end_headers()
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The client was ended while it was held.
        finally:
            to.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # The client was killed.

    def log_message(self, *_):
        pass


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
clock = pathlib.Path(__file__).with_name("clock.js")
options = ["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--blobPort", str(port)]
command = ["node", "--require", str(clock), os.environ["AZURITE"], *options]
accounts = os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
azurite = subprocess.Popen(command, env=accounts, stdout=subprocess.PIPE, text=True)
proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=proxy.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{proxy.server_port}"
ENVIRONMENT = {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": address}
ENVIRONMENT |= {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY}
client = BlobServiceClient(f"http://127.0.0.1:{port}/{ACCOUNT}", credential=KEY, retry_total=0)


def stop():
    azurite.terminate()
    azurite.wait()


def create(name):
    for attempt in range(100):
        try:
            return client.create_container(name)
        except Exception:  # The server is still starting.
            if attempt == 99 or azurite.poll() is not None:
                raise
            time.sleep(0.2)


def objects(name):
    container = client.get_container_client(name)
    return {blob.name: container.download_blob(blob.name).readall() for blob in container.list_blobs()}


def forward():
    azurite.send_signal(signal.SIGUSR2)
    if "clock set forward\n" not in azurite.stdout:
        raise RuntimeError("Azurite has ended")
