"""Hostile and messy files, made byte by byte where no library would write them."""

import io
import struct
import zipfile
import zlib

import openpyxl
import xlsxwriter
import xlwt

HEADERS = ["序号", "组织名称", "组织层级", "业务类别", "所属社区（村）", "成立日期", "联系电话", "成员人数"]
ROW = [1, "六联社区合唱团", "备案", "文化体育类", "坪山街道六联社区", "2019-03-05", "13800000001", 30]

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
)
BOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="组织信息" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{dimension}<sheetData>{rows}</sheetData>{after}</worksheet>'


def workbook(sheets=None, **options):
    """An xlsx of {sheet name: rows} by xlsxwriter."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, **options})
    for name, rows in (sheets or {"组织信息": [HEADERS, ROW]}).items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for index, cell in enumerate(row):
                if cell not in (None, ""):
                    sheet.write(number, index, cell)
    book.close()
    return stream.getvalue()


def edited(change, sheets=None):
    """The plain workbook after `change(openpyxl workbook)`."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheets)))
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xml_rows(rows):
    return "".join(
        f'<row r="{n}">'
        + "".join(f'<c r="{chr(65 + i)}{n}" t="inlineStr"><is><t>{cell}</t></is></c>' for i, cell in enumerate(row))
        + "</row>"
        for n, row in enumerate(rows, 1)
    )


def raw_workbook(rows=None, *, dimension="", after="", extra=(), sheet=None, book=BOOK, level=None):
    """An xlsx zipped by hand, so that its XML can be anything."""
    sheet = sheet or SHEET.format(
        rows=xml_rows([HEADERS, ROW]) if rows is None else rows, dimension=dimension, after=after
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS.format(kind="officeDocument", target="xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/_rels/workbook.xml.rels", RELS.format(kind="worksheet", target="worksheets/sheet1.xml"))
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in extra:
            archive.writestr(name, content)
    return stream.getvalue()


def row_bomb():
    """Ten million rows in little more than half a megabyte."""
    return raw_workbook(rows='<row><c t="n"><v>1</v></c></row>' * 3_000_000)


def empty_bomb():
    """Formatted rows without a value, too unlike each other for the ratio of sizes to tell."""
    block = "".join(
        f'<row r="{n}" spans="1:16384" s="1" customFormat="1" ht="13.5" customHeight="1"/>' for n in range(9000)
    )
    return raw_workbook(rows=block * 260, level=1)


def wide_sheet():
    """Rows as wide as a sheet can be, every cell filled."""
    return raw_workbook(rows="".join(f'<row r="{n}">' + "<c><v>1</v></c>" * 16_384 + "</row>" for n in range(1, 61)))


def repeated_sheet():
    """One part that the workbook shows as two sheets."""
    first = BOOK[BOOK.index("<sheet ") : BOOK.index("</sheets>")]
    return raw_workbook(book=BOOK.replace(first, first + first.replace("组织信息", "另一张")))


def long_text():
    """One shared text of fifteen megabytes that three thousand cells refer to."""
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 3000))
    return raw_workbook(
        rows=cells, extra=[("xl/sharedStrings.xml", f"<sst><si><t>{'A' * (15 * 2**20)}</t></si></sst>")]
    )


def cell_bomb():
    """One cell of a quarter of a gigabyte."""
    return raw_workbook(rows='<row r="1"><c r="A1" t="inlineStr"><is><t>' + "A" * (256 * 2**20) + "</t></is></c></row>")


def far_cell():
    return raw_workbook(rows='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def merge_all():
    return raw_workbook(after='<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')


def entity_bomb():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    return raw_workbook(
        sheet=f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><worksheet>&a9;</worksheet>'
    )


def late_doctype():
    """A DOCTYPE hidden behind a comment longer than one piece of the streaming check."""
    return raw_workbook(
        sheet='<?xml version="1.0"?><!--'
        + "x y z " * 100_000
        + "--><!DOCTYPE worksheet SYSTEM 'file:///etc/passwd'><worksheet/>"
    )


def lying_size():
    """A directory that declares 100 bytes for a sheet that inflates to more."""
    data = bytearray(raw_workbook())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 100)
    return bytes(data)


def overlapping():
    """Two entries of the directory that point at one local file."""
    data = bytearray(raw_workbook())
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    struct.pack_into("<I", data, second + 42, struct.unpack_from("<I", data, first + 42)[0])
    return bytes(data)


def many_entries():
    return raw_workbook(extra=[(f"xl/media/{i}.bin", b"x") for i in range(1500)])


def deep_nesting():
    return raw_workbook(rows="<row>" * 200_000)


def many_attributes():
    return raw_workbook(rows='<row r="1" ' + " ".join(f'a{i}="1"' for i in range(300_000)) + "></row>")


def flagged_encrypted():
    data = bytearray(raw_workbook())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            struct.pack_into("<H", data, at + offset, struct.unpack_from("<H", data, at + offset)[0] | 1)
            at = data.find(mark, at + 4)
    return bytes(data)


def ole(*names):
    """The smallest OLE container whose directory holds these streams."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *([0xFFFFFFFF] * 108))
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *([0xFFFFFFFF] * 126))
    directory = b""
    for name in ("Root Entry", *names):
        text = name.encode("utf-16-le") + b"\x00\x00"
        directory += text.ljust(64, b"\x00") + struct.pack("<H", len(text)) + bytes(62)
    return bytes(header) + table + directory.ljust(512, b"\x00")


def docx():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return stream.getvalue()


def zip_of(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


def styled_rows(count=2**20):
    """Honest data, then all other rows of the sheet with a style and nothing else, and a dimension that lies."""
    look = 'spans="1:30" s="1" customFormat="1" ht="20" customHeight="1"'
    empty = "".join(f'<row r="{n}" {look}/>' for n in range(3, count + 1))
    return raw_workbook(rows=xml_rows([HEADERS, ROW]) + empty, dimension='<dimension ref="A1:XFD1048576"/>', level=1)


def random_tail(data):
    """The file with its last third replaced by noise."""
    keep = len(data) * 2 // 3
    return data[:keep] + zlib.compress(data)[: len(data) - keep]


def protected_xls():
    """An old workbook whose second record says that the rest is encrypted."""
    book = xlwt.Workbook()
    book.add_sheet("组织信息").write(0, 0, "组织名称")
    stream = io.BytesIO()
    book.save(stream)
    data = bytearray(stream.getvalue())
    struct.pack_into("<H", data, 512 + 4 + struct.unpack_from("<H", data, 514)[0], 0x2F)
    return bytes(data)
