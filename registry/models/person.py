"""People: names in clear, phone and ID number encrypted and looked up by keyed hash only."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from casework.models.sealed import SealedTextField


class Person(models.Model):
    """A leader or contact. Sealed texts carry algorithm and key id and are bound to this row's `uid`."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    phone_sealed = SealedTextField(
        _("phone (encrypted)"), bound="phone", hashed="phone_hash", blank=True, editable=False
    )
    phone_hash = models.CharField(max_length=64, blank=True, editable=False)
    id_sealed = SealedTextField(_("ID number (encrypted)"), bound="id", hashed="id_hash", blank=True, editable=False)
    id_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [("reveal_person", _("Can see a phone or ID number in clear, with a stated purpose"))]
        # Named here, not by db_index, which adds an index for LIKE to each: nobody looks for a part of a hash.
        indexes = [
            models.Index(fields=["phone_hash"], name="person_phone_hash"),
            models.Index(fields=["id_hash"], name="person_id_hash"),
        ]

    def __str__(self):
        return self.name
