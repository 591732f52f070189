"""Text of a PDF, page by page, and what in it cannot be read as text."""

import io

import pypdf

MAX_PAGES = 200
MAX_DEPTH = 5


def parts(data):
    """Yield ("text", (page, text)) and ("unread", reason)."""
    file = pypdf.PdfReader(io.BytesIO(data))
    if file.is_encrypted and not file.decrypt(""):
        yield "unread", "encrypted"
        return
    if len(file.pages) > MAX_PAGES:
        yield "unread", "too_long"
        return
    yield "text", ("", about(file))
    if file.attachments:
        yield "unread", "embedded"
    for number, page in enumerate(file.pages, start=1):
        text = page.extract_text()
        yield "text", (str(number), "\n".join([text, *remarks(page)]))
        yield from (("unread", reason) for reason in sorted(doubts(page, text)))


def about(file):
    """Title, subject and the like, and what stands in the fields of a form."""
    fields = (file.get_form_text_fields() or {}).values()
    return "\n".join(str(value) for value in (*(file.metadata or {}).values(), *fields) if value)


def remarks(page):
    """Text and links of the notes on a page."""
    for note in (each.get_object() for each in page.get("/Annots") or ()):
        yield str(note.get("/Contents", ""))
        action = note.get("/A")
        yield str(action.get_object().get("/URI", "")) if action else ""


def doubts(page, text):
    """Why a page may hold more than its text: pictures, a page without text, characters nobody can name."""
    found = set(inside(page.get("/Resources"), MAX_DEPTH))
    return found if text.strip() else found | {"picture"}


def inside(resources, depth):
    """Reasons from the resources of a page or of a form drawn on it."""
    resources = resources.get_object() if resources else {}
    if any(is_nameless(font) for font in held(resources, "/Font")):
        yield "letters"
    for thing in held(resources, "/XObject"):
        if thing.get("/Subtype") == "/Image" or not depth:
            yield "picture"
        elif "/Resources" in thing:
            yield from inside(thing["/Resources"], depth - 1)


def held(resources, name):
    return [each.get_object() for each in resources[name].get_object().values()] if name in resources else []


def is_nameless(font):
    """Whether a font shows glyphs by number without saying which characters they are."""
    by_number = font.get("/Subtype") == "/Type3" or str(font.get("/Encoding", "")).startswith("/Identity")
    return by_number and "/ToUnicode" not in font
