"""The limited process that lays a mark over each page of a PDF: length and mark, then the file, on standard input.

No Django here. It ends with an error where it cannot do it.
"""

import sys
from io import BytesIO

from pypdf import PdfReader, PdfWriter, Transformation

from casework.reading.child import limit

MOST_PAGES = 60


def main():
    limit()
    size = int(sys.stdin.buffer.readline())
    mark = PdfReader(BytesIO(sys.stdin.buffer.read(size))).pages[0]
    writer = PdfWriter()
    writer.append(BytesIO(sys.stdin.buffer.read()))
    if len(writer.pages) > MOST_PAGES:
        sys.exit(1)
    for page in writer.pages:
        lay(mark, page)
    stamped = BytesIO()
    writer.write(stamped)
    sys.stdout.buffer.write(stamped.getvalue())


def lay(mark, page):
    """The mark stretched over the whole page."""
    box, size = page.mediabox, mark.mediabox
    fitted = Transformation().scale(float(box.width / size.width), float(box.height / size.height))
    page.merge_transformed_page(mark, fitted.translate(float(box.left), float(box.bottom)))
