"""The console script: hands the rest of the line to the product that is named first."""

import importlib
import os
import sys

PARTS = {
    "edge": ("edge.__main__", "the box: init, run, replay, track, incidents"),
    "central": ("central.__main__", "the centre: init, serve, token, incidents"),
    "models": ("models.__main__", "models: list, pull, verify, detect, ask, describe, ..."),
    "verify": ("contract.verification", "check an evidence folder: chain, signatures, hashes"),
}


def main() -> int:
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in PARTS:
        print("usage: xunjian PART ...\n")
        for name, (_, what) in PARTS.items():
            print(f"  {name:8} {what}")
        return 0 if arguments[:1] in ([], ["-h"], ["--help"]) else 2
    part = importlib.import_module(PARTS[arguments[0]][0])
    try:
        code: int = part.main(arguments[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # `... | head` is no failure worth a traceback
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
