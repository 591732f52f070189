"""Chinese substring search on names: an index of character pairs, because an index of words finds nothing in Chinese.

`bigrams(text)` is a plain SQL function made by a migration; no extension is needed.
"""

from django.db.models import CharField, Lookup, TextField

from casework.paging import estimate
from registry.survey.words import clean, latin

# So many names in the whole register the index finds and the page sorts in time; of more, the list walks its key.
MANY = 20_000
# Provided that of so many rows at its start so many match: a place's name stands in that place's rows only.
SAMPLE, DENSE = 500, 3
ESCAPES = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def plain(text):
    """The term as names are stored: narrow digits and letters, no invisible characters."""
    return latin(clean(text)).lower()


@CharField.register_lookup
@TextField.register_lookup
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

    The planner's statistics tell how many names of the register match; a look at the first rows, whether they do here.
    """
    organizations, walking = queryset.model.objects, {f"{field}__has_text_walking": text}
    if estimate(organizations.filter(**walking)) > MANY:
        first = queryset.order_by("division_path", "pk").values("pk")[:SAMPLE]
        if organizations.filter(pk__in=first, **walking).count() >= DENSE:
            return queryset.filter(**walking)
    return queryset.filter(**{f"{field}__has_text": text})
