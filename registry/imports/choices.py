"""The closed lists of a survey: tiers, types and states in the words of the district, with the spellings people use."""

import re
import unicodedata
from dataclasses import dataclass, replace

from registry.models import OrganizationType, Term, TierWord, TypeMapping
from registry.models.scheme import Tier
from registry.schemes import main_scheme, tier_words

PLAIN_TIERS = {
    Tier.REGISTERED: ("登记", "登记注册", "注册登记", "已登记", "注册", "法人登记", "正式登记", "已注册", "注册社会组织", "登记组织"),
    Tier.TEAM: ("备案", "备案管理", "已备案", "街道备案", "镇备案", "备案组织", "群众活动团队", "活动团队", "备案登记", "镇街备案"),
    Tier.GROUP: ("社区活动小组", "活动小组", "小组", "未备案", "未登记备案"),
}  # fmt: skip
LEGAL_FORMS = (
    "社会团体",
    "社团法人",
    "民办非企业单位",
    "民办非企业",
    "民非",
    "社会服务机构",
    "基金会",
)  # forms of registered bodies only
PLAIN_STATES = {
    "active": ("正常", "正常运行", "活跃", "良好", "运行正常", "运行良好", "正常运作", "在营", "存续"),
    "dormant": ("活动较少", "不活跃", "较少", "一般", "休眠", "基本停滞"),
    "suspended": ("停止活动", "停止", "停滞", "已停止", "暂停", "暂停活动", "停止运行", "名存实亡", "僵尸"),
}  # fmt: skip
BESIDES = re.compile(r"\(.*?\)|^[\d.、)]+|类$|[、/,]")  # 1.文化体育类(舞蹈): what people add to a word of the list
UNKNOWN = {"tier": "tier_unknown", "type": "type_unknown", "status": "state_unknown"}


@dataclass(frozen=True, slots=True)
class Choice:
    """An accepted word: the value stored, the word written out, whether it was a guess worth a warning."""

    value: object
    word: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line's tier, type and state mean: {key: value stored}, {key: word written out}, what to tell about them.

    `doubts` are (level, code, key, params).
    """

    values: dict
    words: dict
    doubts: tuple


def plain(word):
    """Width, blanks and case taken away."""
    return "".join(unicodedata.normalize("NFKC", word).split()).lower()


def nearest(table, word, *, parts):
    """The guess for a word with something added (备案类), with `parts` also for a part of one choice's words (枢纽)."""
    core = BESIDES.sub("", word)
    found = table.get(core) or table.get(f"{core}类")
    if parts and found is None and len(core) > 1:
        holding = {choice.value: choice for said, choice in table.items() if core in said and not choice.doubtful}
        found = holding.popitem()[1] if len(holding) == 1 else None
    return found and replace(found, doubtful=True)


def spelt(table):
    """The accepted words of a closed list, those that are guesses left out."""
    return "、".join(dict.fromkeys(choice.word for choice in table.values() if not choice.doubtful))


class Choices:
    """The accepted words of one district's main scheme; `scheme` is None where no policy names one."""

    def __init__(self, division):
        self.scheme = main_scheme(division)
        self.tiers, self.types, self.states = {}, {}, {}
        self.tier_names = tier_words(self.scheme) if self.scheme else {}
        self._read_tiers()
        self._read_types()
        self._read_states()
        self.answers = {}

    def choose(self, tier, kind, state):
        """The Answer to the three words of a line; the same words are looked up once."""
        question = (tier, kind, state)
        if question not in self.answers:
            self.answers[question] = self._answer(question)
        return self.answers[question]

    def _answer(self, question):
        if self.scheme is None:
            return Answer({}, {}, (("error", "no_scheme", "type", {}),))
        values, words, doubts = {}, {}, []
        for key, table, word in zip(
            ("tier", "type", "status"), (self.tiers, self.types, self.states), question, strict=True
        ):
            if word is None:
                continue
            choice = table.get(word) or table.get(plain(word)) or nearest(table, plain(word), parts=key == "type")
            if choice is None:
                doubts.append(("error", UNKNOWN[key], key, {"value": word, "choices": spelt(table)}))
                continue
            if choice.doubtful:
                doubts.append(("warning", "choice_guessed", key, {"value": word, "word": choice.word}))
            values[key], words[key] = choice.value, choice.word
        return Answer(values, words, tuple(doubts))

    def _read_tiers(self):
        own = TierWord.objects.filter(scheme=self.scheme)
        others = TierWord.objects.exclude(scheme=self.scheme)
        for row in own:
            self.tiers[plain(row.word)] = Choice(row.tier, self.tier_names[row.tier])
        spoken = [(tier, word) for tier, words in PLAIN_TIERS.items() for word in words]
        for tier, word in [*spoken, *others.values_list("tier", "word")]:
            if tier in self.tier_names:
                doubtful = (tier, word) not in spoken
                self.tiers.setdefault(plain(word), Choice(tier, self.tier_names[tier], doubtful))

        for word in LEGAL_FORMS:
            if Tier.REGISTERED in self.tier_names:
                self.tiers.setdefault(word, Choice(Tier.REGISTERED, self.tier_names[Tier.REGISTERED], doubtful=True))

    def _read_types(self):
        rows = list(OrganizationType.objects.filter(scheme=self.scheme))
        for row in rows:
            self.types[plain(row.name)] = Choice(row.pk, row.name)
        for row in rows:
            for word in (*row.synonyms, row.name.removesuffix("类")):
                self.types.setdefault(plain(word), Choice(row.pk, row.name))
        mapped = TypeMapping.objects.filter(target__in=rows).select_related("source", "target").order_by("-exact", "id")
        for row in mapped:
            self.types.setdefault(plain(row.source.name), Choice(row.target_id, row.target.name, doubtful=True))

    def _read_states(self):
        for code, words in PLAIN_STATES.items():
            for word in words:
                self.states[plain(word)] = Choice(code, words[0])
        for row in Term.objects.filter(list=Term.List.STATE):
            for word in (row.name, *row.synonyms):
                self.states[plain(word)] = Choice(row.code, row.name)

    def type_names(self):
        """The types' own names in the scheme's order, for drop-downs."""
        return [choice.word for choice in {c.value: c for c in self.types.values() if not c.doubtful}.values()]
