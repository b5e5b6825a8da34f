"""A gigabyte goes in and out in constant memory, in a server process of its own."""

import http.client
import subprocess
import sys
import textwrap
from pathlib import Path

SIZE = 1 << 30
BLOCK = bytes(4 << 20)
SERVER = """
    import socket, sys
    from pathlib import Path
    from types import SimpleNamespace
    import uvicorn
    from mastic.clock import SystemClock
    from mastic.settings import Settings
    from mastic.storage.door import S3Door
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(home=Path(sys.argv[1]), storage_fsync=False)
    door = S3Door(SimpleNamespace(settings=settings, clock=SystemClock()))
    door._door.buckets.create("big-one")
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(door, log_level="error", lifespan="off")).run(sockets=[listener])
"""


def peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_a_gigabyte_in_constant_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            port = int(server.stdout.readline())
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("PUT", "/big-one/small", b"x")
            assert connection.getresponse().read() == b""
            before_mb = peak_mb(server.pid)

            connection.putrequest("PUT", "/big-one/k")
            connection.putheader("Content-Length", str(SIZE))
            connection.endheaders()
            for _ in range(SIZE // len(BLOCK)):
                connection.send(BLOCK)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"")

            connection.request("GET", "/big-one/k")
            response = connection.getresponse()
            received, buffer = 0, bytearray(4 << 20)
            while count := response.readinto(buffer):
                received += count
            assert received == SIZE
            assert peak_mb(server.pid) - before_mb < 40
        finally:
            server.terminate()
