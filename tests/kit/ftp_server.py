"""A real FTP server in a process of its own: `python -m kit.ftp_server FOLDER` prints its port.

It asks for a password, so that tests see where one would be shown. With a number behind the
folder, the server dies when it has sent so many bytes of files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "reader", "secret-word"


@contextmanager
def serving(folder: Path, *, cut_after: int = 0) -> Iterator[str]:
    """URL of the folder, as long as the server runs."""
    command = [sys.executable, "-W", "ignore", __file__, str(folder), str(cut_after)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield f"ftp://{USER}:{PASSWORD}@127.0.0.1:{int(child.stdout.readline())}"
        finally:
            child.kill()


def main() -> None:
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.log import config_logging
    from pyftpdlib.servers import FTPServer

    config_logging(level="CRITICAL")
    folder, cut_after = sys.argv[1], int(sys.argv[2])

    sent = 0

    class Breaking(DTPHandler):
        def send(self, data: bytes) -> int:
            nonlocal sent
            done: int = super().send(data)
            sent += done
            if cut_after and sent > cut_after:
                os._exit(1)
            return done

    people = DummyAuthorizer()
    people.add_user(USER, PASSWORD, folder, perm="elr")

    class Handler(FTPHandler):
        authorizer = people
        dtp_handler = Breaking
        use_sendfile = False

    server = FTPServer(("127.0.0.1", 0), Handler)
    print(server.address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
