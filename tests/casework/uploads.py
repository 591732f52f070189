"""Files as people upload them, and some as nobody honest would."""

import io
import zipfile
import zlib

import pypdf
import xlsxwriter
from pypdf.annotations import FreeText

from casework.documents.letters import render

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"


def packed(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def paragraphs(*texts):
    """Word paragraphs, each text broken into runs of three characters as Word does after corrections."""
    made = []
    for text in texts:
        runs = (f"<w:r><w:t>{text[at : at + 3]}</w:t></w:r>" for at in range(0, len(text), 3))
        made.append(f"<w:p>{''.join(runs)}</w:p>")
    return "".join(made)


def word(*texts, body="", **parts):
    document = (
        f'<w:document xmlns:w="{WORD}" xmlns:wp="{DRAWING}"><w:body>{paragraphs(*texts)}{body}</w:body></w:document>'
    )
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **parts})


def workbook(*rows, hidden=()):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name, lines in (("名单", rows), ("底稿", hidden)):
        sheet = book.add_worksheet(name)
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
    book.worksheets()[1].hide()
    book.close()
    return stream.getvalue()


def pdf(*texts):
    return render("letter", {"paragraphs": list(texts)})


def changed(data, change):
    """The PDF after `change(writer)`."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    change(writer)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def locked(writer):
    writer.encrypt("secret", algorithm="AES-256")


def with_note(writer):
    writer.add_annotation(0, FreeText(text="回电13812345678", rect=(50, 50, 200, 100)))


def with_file(writer):
    writer.add_attachment("名单.txt", b"13812345678")


def with_title(writer):
    writer.add_metadata({"/Title": "王某13812345678"})


def nameless(writer):
    for font in writer.pages[0]["/Resources"]["/Font"].values():
        del font.get_object()["/ToUnicode"]


def with_form(writer):
    """A form drawn on the page with a picture in it, beside one without anything."""
    name, made = pypdf.generic.NameObject, pypdf.generic.DictionaryObject
    picture = made({name("/Im1"): made({name("/Subtype"): name("/Image")})})
    full = made({name("/Subtype"): name("/Form"), name("/Resources"): made({name("/XObject"): picture})})
    empty = made({name("/Subtype"): name("/Form")})
    writer.pages[0]["/Resources"][name("/XObject")] = made({name("/Fm1"): full, name("/Fm2"): empty})


def raw_pdf(content, resources="", filters="/FlateDecode"):
    """A PDF of one page put together by hand."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<{resources}>>/Contents 4 0 R>>".encode(),
        f"<</Length {len(content)}/Filter[{filters}]>>\nstream\n".encode() + content + b"\nendstream",
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/Length 1>>\nstream\n\x00\nendstream",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(data)
    return data + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def scanned():
    return raw_pdf(zlib.compress(b"q 595 0 0 842 0 0 cm /Im1 Do Q"), "/XObject<</Im1 5 0 R>>")


def bomb():
    """A page whose text inflates to 400 MB."""
    stream = zlib.compressobj(1)
    once = b"".join(stream.compress(bytes(2**20)) for _ in range(400)) + stream.flush()
    return raw_pdf(zlib.compress(once), filters="/FlateDecode/FlateDecode")


def slow():
    """A page with millions of operators."""
    return raw_pdf(
        zlib.compress(b"BT /F1 1 Tf (1) Tj ET " * 2_000_000, 1),
        "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
    )


def entities():
    parts = '<!DOCTYPE x [<!ENTITY a "13812345678">]><w:document xmlns:w="x">&a;</w:document>'
    return packed({"word/document.xml": parts})


def inflating():
    return packed({"word/document.xml": b"<a>" + bytes(70 * 2**20) + b"</a>"})


def locked_word():
    """A Word file whose entries say that they are encrypted."""
    data = bytearray(word("无"))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def deep():
    return packed({"word/document.xml": b"<a>" * 400_000 + b"</a>" * 400_000})
