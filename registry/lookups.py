"""Chinese substring search on names: an index of character pairs, because an index of words finds nothing in Chinese.

`bigrams(text)` is a plain SQL function made by a migration; no extension is needed.
"""

from django.db.models import CharField, Lookup

from casework.paging import CAP
from registry.survey.words import clean, latin

# Out of so many rows along the key so many matches make a term common: one in fifty.
SAMPLE, COMMON = 2000, 40
ESCAPES = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def plain(text):
    """The term as names are stored: narrow digits and letters, no invisible characters."""
    return latin(clean(text)).lower()


@CharField.register_lookup
class HasText(Lookup):
    """`name__has_text="舞蹈"`: contains the text, whatever the case; two characters and more use the bigram index."""

    lookup_name = "has_text"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        term = plain(str(self.rhs))
        like, pattern = f'lower({column} COLLATE "C") LIKE %s', f"%{term.translate(ESCAPES)}%"
        if len(term) < 2:
            return like, [*params, pattern]
        return f"(bigrams({column}) @> bigrams(%s) AND {like})", [*params, term, *params, pattern]


@CharField.register_lookup
class Walks(HasText):
    """The same rows as `has_text` without the index: right for a common term, when the list walks its key anyway."""

    lookup_name = "has_text_walking"

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        return f'lower({column} COLLATE "C") LIKE %s', [*params, f"%{plain(str(self.rhs)).translate(ESCAPES)}%"]


def search(queryset, text, *, field="name"):
    """The rows of organizations whose field contains the text: by the bigram index, or walking the key when many match.

    A look at the first rows along the key settles a common term at once; for the others one capped count decides.
    """
    found = queryset.filter(**{f"{field}__has_text": text})
    walking = {f"{field}__has_text_walking": text}
    first = queryset.order_by("division_path", "pk").values("pk")[:SAMPLE]
    common = queryset.model.objects.filter(pk__in=first, **walking)[:COMMON].count() == COMMON
    if common or found.order_by()[: CAP + 1].count() > CAP:
        return queryset.filter(**walking)
    return found
