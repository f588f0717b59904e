"""`xunjian models serve NAME`: llama.cpp's HTTP server on this machine's loopback, with a pulled language model.

For a box or a centre without a model server. One thread by default: llama.cpp's threads wait for each other by
spinning, so two of them beside other work were five times slower than one.
"""

import argparse
import signal
import sys
from typing import Any

from models.errors import EngineError
from models.package import Package
from models.registry import find_package

CONTEXT_TOKENS = 2048  # of each place
PLACES = 4  # prompts whose beginning is kept: sentence and total, two languages


def add_command(commands: Any) -> None:
    serving = commands.add_parser("serve", help="a pulled language model behind llama.cpp's HTTP server, on loopback")
    serving.add_argument("name")
    serving.add_argument("--port", type=int, default=8091, help="of 127.0.0.1 (8091); 0: any, printed")
    serving.add_argument("--threads", type=int, default=1, help="of the CPU (1)")
    serving.set_defaults(run=_serve)


def start(package: Package, port: int, threads: int) -> Any:
    """The server, which runs in threads of this process for as long as it is referred to; `listening_address` says
    where. Raises EngineError, PackageError.
    """
    card = package.language_card
    try:
        import xllamacpp
    except ImportError as error:
        raise EngineError("xllamacpp is not installed; get it: uv sync --extra language") from error
    told = xllamacpp.CommonParams()
    told.model.path = str(package.folder / card.weights)
    told.hostnames = ["127.0.0.1"]
    told.port = port
    told.n_parallel = PLACES
    told.n_ctx = CONTEXT_TOKENS * PLACES
    told.swa_full = True  # else the beginning of a prompt cannot be kept
    told.cache_ram_mib = 0
    told.ui = False
    told.cpuparams.n_threads = told.cpuparams_batch.n_threads = threads
    try:
        return xllamacpp.Server(told)
    except (RuntimeError, ValueError) as error:
        raise EngineError(f"{card.name}: llama.cpp does not start ({' '.join(str(error).split())[:200]})") from error


def _serve(arguments: argparse.Namespace) -> int:
    if arguments.threads < 1 or not 0 <= arguments.port <= 65535:
        raise EngineError("--threads is 1 or more, --port 0 to 65535")
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)  # before there are threads: they inherit it
    package = find_package(arguments.name)
    server = start(package, arguments.port, arguments.threads)
    print(f"{package.described.name}: {server.listening_address}", flush=True)
    signal.sigwait(stop)
    sys.stdout.flush()
    return 0
