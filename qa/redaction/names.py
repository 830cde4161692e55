"""Names after what announces them: 我叫张伟, 户主是王建国, 陈先生, my name is John Smith, this is Mary calling.

A name is known by its cue, not by a list of names; a list of family names only says where it begins and that 这位先生 is none.
"""

from __future__ import annotations

from functools import lru_cache

import pypinyin
import re2

from qa.redaction.hints import LETTERS, Hint, lettered
from qa.redaction.values import Value
from qa.redaction.words import COMPOUND, FAMILY, NOT_NAMES, ORDINARY, ORGANISATIONS

_NOT_GIVEN = "我你您他她它们的是在有家住这那了吗呢吧啊呀嘛就和跟与也都要想说电话手机户号地址身份先生女士小姐，。、"
_FAMILY = rf"(?:{COMPOUND}|[{FAMILY}])"
_GIVEN = rf"[^\P{{Han}}{_NOT_GIVEN}]"
_WHOLE = rf"(?:{_FAMILY}(?:小{_GIVEN}|{_GIVEN}小|{_GIVEN}{{1,2}})|\p{{Han}}{{2,6}}[·•]\p{{Han}}{{2,8}})"
_HOLDER = "户主|户名|机主|房主|业主|车主|联系人|收[货件]人|寄件人|持卡人|开户人|报修人|客户|用户|申请人|经办人"
_CALLED = re2.compile(
    r"(?:我叫|名字叫做?|名叫|叫做|本人叫?|姓名(?:叫|是|为|写)?|名字(?:是|写|为)?|贵姓|称呼我"
    rf"|(?:{_HOLDER})(?:的?(?:名字|姓名))?"
    r"(?:应该|好像|可能|现在|还|就|填|一直)?(?:叫|是|为|写|填|登记的?是)?)"
    rf"[，,：: ]{{0,2}}(?:叫|是)?({_WHOLE})"
)
_I_AM = re2.compile(rf"(?:我是|我就是|是我[，,]|这里是)({_WHOLE})(?:[，。,.！!]|$|本人|啊|呀)")
_KIN = (
    r"(?:老公|老婆|爱人|丈夫|妻子|儿子|女儿|孩子|爸爸|爸|妈妈|妈|父亲|母亲|爷爷|奶奶|外公|外婆|岳父|岳母|公公|婆婆|哥哥?|弟弟|姐姐?|妹妹"
    r"|侄子|外甥|孙子|孙女|邻居|同事|朋友|房东|租客|室友|老板|亲戚)"
)
_RELATED = re2.compile(rf"{_KIN}(?:的?(?:名字|姓名))?(?:他|她)?(?:叫做?|名叫)({_WHOLE})")
_RELATED_CALLED = re2.compile(rf"{_KIN}({_WHOLE})(?:打电话|打个电话|接电话|来接|联系|的(?:电话|手机|号码|名字|身份证|微信))")
_OLD = re2.compile(rf"(?:^|[的找叫问给跟和是，,。])[老小]([{FAMILY[:50]}])(?:师傅|家|说|$|[，。,.！!？?]|的(?:电话|手机|号码)|打电话|联系)")
"""小区物业的老刘: one of the fifty most frequent family names, and nothing behind that could go on a word."""
_SURNAME = re2.compile(rf"姓({_FAMILY})")
_HOW_WRITTEN = re2.compile(rf"(?:木子|弓长|立早|耳东|双木|双人|口天|古月|言午|草头|大肚|三横|走肖|禾木|人可|关耳|文刀)({_FAMILY})")
_TITLE = re2.compile(r"先生|女士|小姐|太太|阿姨|大爷|大妈|大姐|大哥|师傅|老师|经理|主任")
_ALONE = re2.compile(rf"^[嗯啊哦，, 是叫对]{{0,4}}({_WHOLE})[。.，,！!吧啊呀 ]*$")
_ASKED = re2.compile(r"姓名|名字|贵姓|怎么称呼|如何称呼|叫什么|户名|哪位|[填写是找]谁|联系人")
_LOW = r"[a-z][a-z'\-]+"
_ENGLISH_WORD = r"(?i:[a-z][a-z'’\-]+)"
_ENGLISH = re2.compile(
    r"(?i:\b(?:my (?:full |first |last )?name is|my name's|name is|name's|the name on the (?:account|bill) is|under the name(?: of)?"
    r"|speaking with|speaking to|account holder is|i am called|(?:account|it|bill|service)(?:'s| is) (?:registered )?under|in the name of))"
    rf"[,:]? ({_ENGLISH_WORD}(?: {_ENGLISH_WORD}){{0,2}})"
)
_TITLED_ENGLISH = re2.compile(
    rf"\b(?i:mr|mrs|ms|miss|dr|mister|missus)\.? ((?-i:[A-Z])[A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+)?|(?i:{_LOW}))\b"
)
_THIS_IS = re2.compile(
    r"\b(?:[Tt]his is|I'm|I am|[Tt]his's) ([A-Z][a-z'’]+(?: [A-Z][A-Za-z'’\-]+){0,2})\b(?: (?:calling|speaking|here|from|and|with))?"
)
_CALLING = re2.compile(rf"(?i)\b(?:this is|i'm|i am) ({_LOW}(?: {_LOW})?) (?:calling|speaking)\b")
_ASKED_ENGLISH = re2.compile(r"(?i)\b(?:your|full|first|last) name\b|who am i speaking")
_ALONE_ENGLISH = re2.compile(r"^(?:(?i:yes|yeah|sure|it's|it is|um|uh)[,.]? ?){0,2}([A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+){1,2})[.!]?$")
_HOW_SPELLED = re2.compile(
    r"^[,.]? ?(?:(?:that's|that is|spelled|spelt|it's) )?([A-Z](?:[ \-.]{1,2}[A-Z]){1,14})\b(?:[,.]? ([A-Z][a-z'’\-]+)(?:[,.!?]|$))?"
)
"""Behind a name its letters, and the name that goes on after them: Jon, J-O-N, Smith."""
_SPELLED = re2.compile(r"\b(?:[A-Z][ \-.]{1,2}){3,}[A-Z]\b")
_ANNOUNCING = frozenset("叫名主户人姓是呼")
_TITLES = frozenset("先女小太阿大师老经主")
_SAYS_KIN = Hint("公婆人夫子儿孩爸妈亲爷奶父母哥弟姐妹甥孙居事友东客板戚")
_SAYS_HOW = Hint("话接系机码字证信")
_SAYS_OLD = Hint("老小")
_SAYS_I_AM = Hint("我里")
_SAYS_CALLED = Hint("叫名人姓呼主户")
_SAYS_TITLE = Hint("生士姐太姨爷妈哥傅师理任")
_ASKS = Hint("姓名称叫哪谁联")
_ASKS_ENGLISH = Hint(words=("name", "speaking"))
_SAYS_NAME = Hint(words=("name", "speaking", "holder", "called", "under"))
_SAYS_CALLING = Hint(words=("calling", "speaking"))
_SAYS_THIS = Hint(words=("his is", "his's", "i'm", "i am"))
_SAYS_MISTER = Hint(words=("mr", "ms", "mis", "dr"))
_CAPITALS = Hint(LETTERS[:26])


def values_in(text: str) -> list[Value]:
    """Every name in ``text`` that something announces."""
    return _chinese(text) + (_of_english(text) if lettered(text) else [])


def _chinese(text: str) -> list[Value]:
    found: list[Value] = []
    if not _ANNOUNCING.isdisjoint(text):
        patterns = [_CALLED] if _SAYS_CALLED.may(text) else []
        patterns += [_I_AM] if _SAYS_I_AM.may(text) else []
        found += [value(text, *m.span(1)) for p in patterns for m in p.finditer(text) if not _is_word(m.group(1))]
    if _SAYS_KIN.may(text):
        patterns = [_RELATED] if "叫" in text else []
        patterns += [_RELATED_CALLED] if _SAYS_HOW.may(text) else []
        related = [m for p in patterns for m in p.finditer(text)]
        found += [value(text, *m.span(1)) for m in related if not _is_word(m.group(1)) and _TITLE.search(m.group(1)) is None]
    if _SAYS_OLD.may(text):
        found += [value(text, *m.span(1)) for m in _OLD.finditer(text)]
    if "姓" in text:
        found += [value(text, *m.span(1)) for p in (_SURNAME, _HOW_WRITTEN) for m in p.finditer(text)]
    if not _TITLES.isdisjoint(text) and _SAYS_TITLE.may(text):
        for match in _TITLE.finditer(text):
            length = _titled(text, match.start())
            found += [value(text, match.start() - length, match.start())] if length else []
    return found


def _of_english(text: str) -> list[Value]:
    patterns = [_ENGLISH] if _SAYS_NAME.may(text) else []
    patterns += [_CALLING] if _SAYS_CALLING.may(text) else []
    found = [v for p in patterns for m in p.finditer(text) if (v := _english(text, *m.span(1))) is not None]
    for name in tuple(found):
        match = _HOW_SPELLED.search(text[name.end :])
        if match is not None:
            found += [value(text, name.end + start, name.end + end) for start, end in (match.span(1), match.span(2)) if start >= 0]
    for match in _THIS_IS.finditer(text) if _SAYS_THIS.may(text) else ():
        if not any(word.lower() in ORGANISATIONS | NOT_NAMES for word in match.group(1).split()):
            found.append(value(text, *match.span(1)))
    if _SAYS_MISTER.may(text):
        found += [value(text, *m.span(1)) for m in _TITLED_ENGLISH.finditer(text) if m.group(1).lower() not in NOT_NAMES]
    return found if not _CAPITALS.may(text) else found + [value(text, *m.span()) for m in _SPELLED.finditer(text)]


def asks(text: str) -> bool:
    """Whether a sentence asks for a name."""
    if _ASKS.may(text) and _ASKED.search(text) is not None:
        return True
    return _ASKS_ENGLISH.may(text) and _ASKED_ENGLISH.search(text) is not None


def answer(text: str) -> Value | None:
    """The name in a sentence that holds nothing else: the answer to a question for it."""
    match = _ALONE.search(text) or _ALONE_ENGLISH.search(text)
    return None if match is None or _is_word(match.group(1)) else value(text, *match.span(1))


def _titled(text: str, end: int) -> int:
    """How many characters before 先生 are a name: the longest that begins with a family name and is no ordinary word."""
    best = 0
    for length in (1, 2, 3, 4):
        written = text[max(0, end - length) : end]
        if len(written) < length or not all("\u4e00" <= c <= "\u9fff" for c in written):
            break
        compound = len(written) >= 2 and written[:2] in COMPOUND.split("|")
        if length == 4 and not compound:
            break
        begins = compound or written[0] in FAMILY
        if length == 2 and _is_word(written):
            return 0
        if not begins or _is_word(written) or any(c in _NOT_GIVEN for c in written[1:]):
            continue
        if best and not compound and length - best >= 1 and text[end - best] in FAMILY[:120] and _follows_speech(text, end - length):
            continue  # 问何先生: the nearer family name is the better guess unless the longer one starts a phrase
        best = length
    return best


def _follows_speech(text: str, start: int) -> bool:
    """Whether something is said right before ``start``: a name after a comma or at the beginning is whole."""
    return start > 0 and "\u4e00" <= text[start - 1] <= "\u9fff" and text[start - 1] not in "是叫给找请问的"


def _is_word(written: str) -> bool:
    return written.startswith(ORDINARY)


def _english(text: str, start: int, end: int) -> Value | None:
    """Up to three words, cut before the first that is no name."""
    kept = start
    at = start
    for word in text[start:end].split(" "):
        if word.lower().strip("'’-") in NOT_NAMES:
            break
        at += len(word)
        kept = at
        at += 1
    return None if kept == start else value(text, start, kept)


@lru_cache(maxsize=4096)
def _sounds(written: str) -> str:
    """Toneless pinyin: a recogniser writes the same name with other characters of the same sound."""
    return " ".join(pypinyin.lazy_pinyin(written)).lower()


def value(text: str, start: int, end: int) -> Value:
    """The name at ``[start, end)``, compared by its sounds."""
    return Value("name", start, end, _sounds(text[start:end]))
