"""Finds the Chromium of the browser tests; run as a program it installs one where none is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")
SENTENCE = (
    "No Chromium for the browser tests: there is none on the PATH, and neither apt nor Playwright could install one. "
    "Install Chromium or Chrome (on Debian: apt install chromium fonts-noto-cjk) and run the tests again."
)


def find():
    """The path of a Chromium, or None."""
    named = (os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES))
    return next(filter(None, named), None) or playwrights_own()


def playwrights_own():
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install():
    """By apt as root, else by Playwright; a failure of both shows in find()."""
    if os.getuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "--quiet")
        run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *DEBIAN_PACKAGES)
    if not find():
        run(sys.executable, "-m", "playwright", "install", "chromium")


def run(*command):
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def main():
    if not find():
        sys.stderr.write("No Chromium found; installing one …\n")
        install()
    if not find():
        sys.exit(SENTENCE)


if __name__ == "__main__":
    main()
