"""The one font of the printed papers; README.md says where it comes from."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REGULAR = FOLDER / "NotoSerifSC-Regular.ttf"
