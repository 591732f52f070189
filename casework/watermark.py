"""Who looks at a paper with personal data, when and what for: drawn over what is shown, never into what is kept."""

import json
import subprocess
import sys
from base64 import b64encode
from html import escape
from pathlib import Path

import typst

from casework.documents.letters import fonts, showable

HERE = Path(__file__).resolve().parent
START = "import sys; sys.path.insert(0, sys.argv[1]); from casework.reading.stamp import main; main()"
WAIT = 30
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000"><defs>\
<pattern id="mark" width="500" height="170" patternUnits="userSpaceOnUse" patternTransform="rotate(-28)">\
<g font-family="'Noto Serif SC',SimSun,serif" font-size="20" fill="#666" fill-opacity=".5" stroke="#fff" \
stroke-opacity=".35" stroke-width=".6" text-anchor="middle">{texts}</g></pattern></defs>\
<image href="data:{kind};base64,{data}" width="1000" height="1000"/>\
<rect width="1000" height="1000" fill="url(#mark)"/></svg>"""
TEXT = '<text x="250" y="{y}">{line}</text>'


def marked(kind, data, lines):
    """(media type, bytes) of a picture or PDF with the lines all over it; None for what cannot be marked.

    A picture is not decoded here but wrapped, a PDF is stamped by a limited process: both may be hostile.
    """
    if kind.startswith("image/"):
        texts = "".join(TEXT.format(y=70 + 30 * at, line=escape(showable(line))) for at, line in enumerate(lines))
        return "image/svg+xml", PICTURE.format(texts=texts, kind=kind, data=b64encode(data).decode()).encode()
    stamped = stamp(data, sheet(lines)) if kind == "application/pdf" else b""
    return (kind, stamped) if stamped else None


def sheet(lines):
    """One page of nothing but the mark, to be laid over others."""
    said = json.dumps({"lines": [showable(line) for line in lines]}, ensure_ascii=False)
    root = HERE / "documents"
    compiler = typst.Compiler(str(root / "mark.typ"), root=str(root), font_paths=fonts())
    return compiler.compile(sys_inputs={"data": said}, format="pdf")


def stamp(data, mark):
    """The PDF with the mark over each page; empty when the process could not bear it."""
    order = [sys.executable, "-I", "-B", "-c", START, str(HERE.parent)]
    given = b"%d\n" % len(mark) + mark + data
    try:
        ended = subprocess.run(
            order, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={"LANG": "C.UTF-8"},
            timeout=WAIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return b""
    return ended.stdout if ended.returncode == 0 else b""
