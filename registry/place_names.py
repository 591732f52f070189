"""How officers write divisions: spellings, endings and prefixes, reduced to keys that can be compared."""

import re
import unicodedata

# What may stand between the parts of a place, or around them, and means nothing.
NOISE = re.compile(r"""[\s\-—–_/\\|>,，、·.:'"“”‘’()\[\]【】《》]+""")
OFFICE = re.compile(r"(?:人民政府|办事处|(?<=街道)办)$")
# Endings of committees, longest first; what stands before is the core of the name.
URBAN_END = re.compile(r"(?:社区居民委员会|社区居委会|社区委员会|社区居委|居民委员会|居民委|居委会|居委|居民区|社区)$")
RURAL_END = re.compile(r"村?(?:村民委员会|村民委|村委会|村委)$|村$")
STREET_END = re.compile(r"(?:街道|镇|乡)$")
DIGITS = re.compile(r"\d+")
NUMERALS = "零一二三四五六七八九"
OTHER_DIGITS = str.maketrans("〇两", "零二")


def plain(text):
    """Full width, blanks, brackets and separators taken away; Han characters as they are."""
    return NOISE.sub("", unicodedata.normalize("NFKC", str(text)))


def in_han(text):
    """第12居民区 → 第十二居民区: numbers up to 99 in Chinese numerals, as official names write them."""
    return DIGITS.sub(lambda match: numeral(match[0]), text.translate(OTHER_DIGITS))


def numeral(digits):
    number = int(digits) if len(digits) <= 2 else 0
    if not number:
        return "".join(NUMERALS[int(digit)] for digit in digits)
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return ten + (NUMERALS[ones] if ones or not tens else "")


def with_street(name):
    """坪山街道办事处, 坪山办事处, 坪山街道办 → 坪山街道; 新仓镇人民政府 → 新仓镇; other names as they are."""
    core = OFFICE.sub("", name)
    if not core:
        return name
    return core if core == name or STREET_END.search(core) else f"{core}街道"


def reading(name):
    """(core, kind of committee) that a name's ending tells: 前港村委会 → (前港, rural); None without an ending."""
    for ending, kind in ((URBAN_END, "urban"), (RURAL_END, "rural")):
        core = ending.sub("", name)
        if core and core != name:
            return core, kind
    return None


def bare(name):
    """The name without any ending: 坪山街道, 坪山社区 → 坪山."""
    for ending in (URBAN_END, RURAL_END, STREET_END):
        core = ending.sub("", name)
        if core and core != name:
            return core
    return name


def short_name(name):
    """Without the committee where the rest still says what it is: 六联社区居委会 → 六联社区, 三协村村委会 → 三协村."""
    for ending, rest in (("居民委员会", "社区"), ("居委会", "社区"), ("村民委员会", "村"), ("村委会", "村")):
        core = name.removesuffix(ending)
        if core != name and core.endswith(rest):
            return core
    return name
