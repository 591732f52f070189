#!/usr/bin/env python
"""Django's command line; starts the embedded servers for the time a command needs them."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

from django.core.management import execute_from_command_line

from config import embedded

WITHOUT_SERVERS = {"help", "version", "--help", "--version", "collectstatic", "compilemessages", "makemessages"}


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    alone = command in WITHOUT_SERVERS or "--help" in sys.argv
    servers = nullcontext() if alone else embedded.running(embedded.var_dir(Path(__file__).resolve().parent))
    try:
        with servers:
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
