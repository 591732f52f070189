import time

import pytest

from casework.exposure import UNREAD, scan_file
from casework.reading import office, pdf, read
from tests.casework import uploads

PDF, WORD = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PICTURE_TEXT = '<wp:docPr id="1" name="图片" descr="王𬱖13812345678"/>'
DIGITS_IN_BOXES = "".join(f"<w:tc>{uploads.paragraphs(sign)}</w:tc>" for sign in "11010519491231002X")


def kinds(scan):
    return [finding.kind for finding in scan.findings]


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (uploads.word("联系人王𬱖，电话13812345678"), WORD),
        (uploads.word("无", **{"word/comments.xml": "<c><t>138 1234 5678</t></c>"}), WORD),
        (uploads.word("无", **{"word/_rels/document.xml.rels": '<r Target="tel:13812345678"/>'}), WORD),
        (uploads.word("无", body=f"<w:drawing>{PICTURE_TEXT}</w:drawing>"), WORD),
        (uploads.word("无", body="<w:del><w:r><w:delText>13812345678</w:delText></w:r></w:del>"), WORD),
        (uploads.workbook(["姓名", "电话"], ["王𬱖", "13812345678"]), BOOK),
        (uploads.workbook(["姓名", "电话"], ["王𬱖", 13812345678]), BOOK),
        (uploads.workbook(["无"], hidden=[["13812345678"]]), BOOK),
        (uploads.pdf("联系人王𬱖，电话13812345678"), PDF),
        (uploads.changed(uploads.pdf("无"), uploads.with_note), PDF),
        (uploads.changed(uploads.pdf("无"), uploads.with_title), PDF),
        ("姓名,电话\n王𬱖,13812345678".encode(), "text/csv"),
        ("姓名,电话\n王某,13812345678".encode("gb18030"), "text/csv"),
        ("\ufeff王某13812345678".encode("utf-16-le"), "text/plain"),
    ],
)
def test_a_phone_number_is_found_wherever_it_stands_in_a_file(data, content_type):
    found = scan_file(data, content_type)
    assert set(kinds(found)) == {"phone"}
    assert found.findings[0].masked == "138****5678"
    assert not found.is_clear
    assert scan_file(data, content_type, allowed=["13812345678"]).findings == []


def test_an_identity_number_in_boxes_or_spoilt_by_a_spreadsheet_is_found():
    assert kinds(scan_file(uploads.word(body=f"<w:tbl><w:tr>{DIGITS_IN_BOXES}</w:tr></w:tbl>"))) == ["id"]
    assert kinds(scan_file(uploads.workbook(["身份证"], [310104195001011234]))) == ["id"]


def test_an_ordinary_file_is_clear():
    assert scan_file(uploads.pdf("2026年11月22日，备案编号440310005-T-2026-0007，资助1,381,234,567.80元"), PDF).is_clear
    assert scan_file(uploads.word("统一社会信用代码51310104MJ4950010A", "共26人"), WORD).is_clear
    assert scan_file(uploads.workbook(*[[number, f"团队{number}", number % 7] for number in range(60)]), BOOK).is_clear
    assert scan_file("公示期五个工作日".encode(), "text/plain").is_clear


def test_a_finding_tells_the_page():
    data = uploads.pdf(*["无"] * 60, "13812345678")
    assert [finding.place for finding in scan_file(data, PDF).findings] == ["3"]


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg", "picture"),
        (b"\x89PNG\r\n\x1a\n", PDF, "picture"),
        (uploads.scanned(), PDF, "picture"),
        (uploads.word("无", **{"word/media/image1.png": b"x"}), WORD, "picture"),
        (uploads.changed(uploads.pdf("无"), uploads.nameless), PDF, "letters"),
        (uploads.word("无", **{"word/embeddings/list.xlsx": b"x"}), WORD, "embedded"),
        (uploads.changed(uploads.pdf("无"), uploads.with_file), PDF, "embedded"),
        (uploads.changed(uploads.pdf("无"), uploads.locked), PDF, "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/msword", "unknown"),
        (bytes(range(256)), "text/plain", "unknown"),
        (b"", "application/octet-stream", "unknown"),
        (uploads.pdf("无")[:3000], PDF, "damaged"),
        (uploads.word("无")[:-40], WORD, "damaged"),
        (b"x" * 7_000_000, "text/plain", "too_long"),
        (bytes(41 * 2**20), PDF, "too_long"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_clear(data, content_type, reason):
    found = scan_file(data, content_type)
    assert reason in found.unread
    assert not found.is_clear


@pytest.mark.parametrize("attack", ["bomb", "slow", "entities", "inflating"])
def test_a_hostile_file_is_not_clear_and_is_soon_done_with(attack):
    began = time.monotonic()
    found = scan_file(getattr(uploads, attack)(), PDF if attack in ("bomb", "slow") else WORD)
    assert set(found.unread) & {"damaged", "too_long", "picture"}
    assert time.monotonic() - began < 45


def test_a_file_that_is_not_read_in_time_is_not_clear(monkeypatch):
    monkeypatch.setattr(read, "WAIT", 0)
    assert scan_file(uploads.pdf("无"), PDF).unread == ["damaged"]


def test_an_odd_file_does_no_harm():
    assert scan_file(uploads.deep(), WORD).findings == []


@pytest.mark.parametrize(
    ("parts", "data", "reasons"),
    [
        (pdf.parts, uploads.pdf("13812345678"), set()),
        (pdf.parts, uploads.changed(uploads.pdf("13812345678"), uploads.with_note), set()),
        (pdf.parts, uploads.changed(uploads.pdf("无"), uploads.locked), {"encrypted"}),
        (pdf.parts, uploads.changed(uploads.pdf("13812345678"), uploads.with_file), {"embedded"}),
        (pdf.parts, uploads.changed(uploads.pdf("13812345678"), uploads.nameless), {"letters"}),
        (pdf.parts, uploads.scanned(), {"picture"}),
        (pdf.parts, uploads.changed(uploads.pdf("13812345678"), uploads.with_form), {"picture"}),
        (
            pdf.parts,
            uploads.changed(uploads.pdf("无"), lambda file: [file.add_blank_page(9, 9) for _ in range(200)]),
            {"too_long"},
        ),
        (office.parts, uploads.word("13812345678"), set()),
        (office.parts, uploads.word("13812345678", **{"word/media/": b"", "word/printerSettings1.bin": b""}), set()),
        (office.parts, uploads.workbook(["13812345678", 3.1e17]), set()),
        (
            office.parts,
            uploads.word("13812345678", **{"word/media/a.png": b"", "word/a.bin": b""}),
            {"picture", "embedded"},
        ),
        (office.parts, uploads.inflating(), {"too_long"}),
        (office.parts, uploads.locked_word(), {"encrypted"}),
    ],
)
def test_readers_yield_text_and_reasons(parts, data, reasons):
    told = list(parts(data))
    assert {value for what, value in told if what == "unread"} == reasons
    assert reasons or any("13812345678" in value[1] for what, value in told if what == "text")


def test_every_reason_has_its_sentence():
    assert set(UNREAD) == {"picture", "letters", "embedded", "encrypted", "too_long", "damaged", "unknown"}
