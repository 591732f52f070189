"""Files as people hand them in."""

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def pdf(name="章程.pdf", extra=b""):
    return SimpleUploadedFile(name, PDF + extra)


def file(name, data):
    return SimpleUploadedFile(name, data)
