"""A server that speaks as much of Weights & Biases' API as `wandb sync` needs, and keeps what it is sent: GraphQL for runs, files and artifacts
(operations by name), the file stream for history, summary, console lines and system metrics, and plain PUTs for contents."""

import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

KEY = "0123456789abcdef" * 2 + "01234567"


class WandbServer:
    """`runs` has the fields of each run by its id, `streams` the lines of each of its streams, `files` the contents of its files, `artifacts` what
    was committed, `problems` what was not understood. `refusing` makes it answer everything with that status."""

    def __init__(self):
        self.lock = threading.Lock()
        self.runs: dict[str, dict] = {}
        self.streams: dict[tuple[str, str], dict[int, str]] = {}
        self.ended: dict[str, int] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.artifacts: dict[str, dict] = {}
        self.problems: list[str] = []
        self.refusing: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.post(self)

            def do_PUT(self):
                outer.put(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # the other end went away

        self.server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def environment(self, folder) -> dict[str, str]:
        """Variables that lead W&B's tools here, with a home of their own."""
        return {"WANDB_BASE_URL": self.base, "WANDB_API_KEY": KEY, "HOME": str(folder), "WANDB_DIR": str(folder), "NO_PROXY": "127.0.0.1"}

    def lines(self, run, stream) -> list:
        """What a stream has, decoded, in its order."""
        with self.lock:
            return [json.loads(text) for _, text in sorted(self.streams.get((run, stream), {}).items())]

    def lines_of_console(self, run) -> list[str]:
        with self.lock:
            return [text for _, text in sorted(self.streams.get((run, "output.log"), {}).items())]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def post(self, handler):
        body = self.body(handler)
        if self.refusing:
            return self.answer(handler, {"errors": [{"message": "refused"}]}, self.refusing)
        if stream := re.fullmatch(r"/files/[^/]+/[^/]+/([^/]+)/file_stream", handler.path):
            with self.lock:
                self.stream(unquote(stream[1]), json.loads(body))
            return self.answer(handler, {})
        request = json.loads(body)
        name = re.search(r"(?:query|mutation)\s+(\w+)", request["query"])[1]
        try:
            with self.lock:
                data = getattr(self, name)(request.get("variables") or {})
        except (AttributeError, KeyError, TypeError, IndexError) as error:
            self.problems.append(f"{name}: {error!r}")
            return self.answer(handler, {"errors": [{"message": f"{name} is not spoken here"}]}, 400)
        self.answer(handler, {"data": data})

    def put(self, handler):
        body = self.body(handler)
        _, kind, owner, name = unquote(handler.path).split("/", 3)
        with self.lock:
            if kind == "run":
                self.files[owner, name] = body
            else:
                self.artifacts[owner]["contents"][name] = body
        self.answer(handler, {})

    @staticmethod
    def body(handler) -> bytes:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        return gzip.decompress(body) if handler.headers.get("Content-Encoding") == "gzip" else body

    @staticmethod
    def answer(handler, value, status=200):
        text = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def stream(self, run, body):
        for name, part in (body.get("files") or {}).items():
            lines = self.streams.setdefault((run, name), {})
            for index, line in enumerate(part["content"]):
                lines[part["offset"] + index] = line
        if body.get("complete"):
            self.ended[run] = body.get("exitcode")

    # GraphQL, by the operations' names.

    def Viewer(self, _):
        return {"viewer": {"id": "1", "entity": "somebody", "username": "somebody", "email": "", "flags": "{}", "teams": {"edges": []}}}

    def ServerFeaturesQuery(self, _):
        return {"serverInfo": {"features": []}}

    def OrganizationCoreWeaveOrganizationID(self, _):
        return {"entity": {"organization": {"coreWeaveOrganizationId": None}}}

    def RunResumeStatus(self, _):
        return {"model": None}

    def RunStoppedStatus(self, _):
        return {"project": {"run": {"stopped": False}}}

    def UpsertBucket(self, values):
        fields = self.runs.setdefault(values["name"], {})
        fields |= {key: value for key, value in values.items() if value is not None}
        entity = {"id": "e", "name": fields.get("entity") or "somebody"}
        bucket = {
            "id": values["name"], "name": values["name"], "displayName": fields.get("displayName"), "description": None, "config": None,
            "sweepName": None, "historyLineCount": 0, "project": {"id": "p", "name": fields.get("project") or "none", "entity": entity},
        }  # fmt: skip
        return {"upsertBucket": {"bucket": bucket, "inserted": True}}

    def CreateRunFiles(self, values):
        files = [{"name": name, "uploadUrl": f"{self.base}/run/{values['run']}/{name}"} for name in values["files"]]
        return {"createRunFiles": {"runID": values["run"], "uploadHeaders": [], "files": files}}

    def MarkRunFilesUploaded(self, _):
        return {"markRunFilesUploaded": {"success": True}}

    def CreateArtifact(self, values):
        name = f"artifact{len(self.artifacts)}"
        self.artifacts[name] = {**values["input"], "contents": {}, "committed": False}
        return {"createArtifact": {"artifact": {"id": name, "state": "PENDING", "artifactSequence": {"latestArtifact": None}}}}

    def CreateArtifactManifest(self, values):
        owner = values["artifactID"]
        file = {"id": "m", "uploadUrl": f"{self.base}/artifact/{owner}/wandb_manifest.json", "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": f"m-{owner}", "file": file}}}

    def CreateArtifactFiles(self, values):
        # Older clients send the files themselves, newer ones an input that holds them.
        wanted = values.get("input", values)["artifactFiles"]
        nodes = [
            {"storagePath": None, "uploadUrl": f"{self.base}/artifact/{file['artifactID']}/{file['name']}", "uploadHeaders": [],
             "uploadMultipartUrls": None, "artifact": {"id": file["artifactID"]}}
            for file in wanted
        ]  # fmt: skip
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def CommitArtifact(self, values):
        artifact = self.artifacts[values["artifactID"]]
        artifact["committed"] = True
        return {"commitArtifact": {"artifact": {"id": values["artifactID"], "digest": artifact["digest"]}}}
