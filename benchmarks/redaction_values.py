"""Invented personal values and the ways people say and recognisers write them. Nothing here belongs to anybody."""

from __future__ import annotations

import random

_ZH = "零一二三四五六七八九"
_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SOUNDS = {"0": "另林", "1": "医要", "2": "尔而", "3": "散", "4": "是斯", "5": "武午", "6": "刘留", "7": "期骑", "8": "吧把", "9": "就久"}
_REGIONS = ("110105", "310115", "330106", "440305", "510107", "420111", "320583", "130203", "610113", "350211")
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = "建国志强秀英桂兰文博思远雨晨晓峰海燕丽娟子轩浩然梦琪佳怡振华春梅玉珍俊杰淑敏立新红霞永福翠平"
_DISTRICTS = ("滨江区", "东湖区", "城关区", "开福区", "鼓楼区", "金水区", "南岗区", "福田区", "武侯区", "宝山区", "高新区", "临安市")
_CITIES = ("杭州市", "南昌市", "兰州市", "长沙市", "福州市", "郑州市", "成都市", "四川省成都市", "湖南省长沙市", "")
_STREETS = (
    "文化路",
    "解放大道",
    "中山北路",
    "人民东路",
    "春风街",
    "朝阳路",
    "建设二路",
    "学府路",
    "青年大街",
    "和平西街",
    "迎宾大道",
    "科技园南路",
)
_ESTATES = (
    "翠苑小区",
    "金色家园",
    "阳光花园",
    "碧水湾",
    "书香名邸",
    "幸福里小区",
    "御景苑",
    "丽都公寓",
    "锦绣新村",
    "万科城",
    "铁路宿舍",
    "恒大华府",
)
_EN_STREETS = (
    "Maple Street",
    "Oak Avenue",
    "Elm Road",
    "Washington Boulevard",
    "Lakeview Drive",
    "Cedar Lane",
    "Sunset Court",
    "Park Place",
)
_EN_FIRST = (
    "James",
    "Mary",
    "Robert",
    "Linda",
    "Michael",
    "Susan",
    "David",
    "Karen",
    "Daniel",
    "Emily",
    "Thomas",
    "Laura",
    "Kevin",
    "Rachel",
)
_EN_LAST = ("Walker", "Bennett", "Hughes", "Peterson", "Coleman", "Ramirez", "Foster", "Graham", "O'Brien", "Sullivan", "Nguyen", "Harper")


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def mobile(rng: random.Random) -> str:
    return "1" + rng.choice("3456789") + digits(rng, 9)


def landline(rng: random.Random) -> str:
    return rng.choice(("010", "021", "0571", "0755", "0379", "028", "0591")) + rng.choice("2345678") + digits(rng, rng.choice((6, 7)))


def id_card(rng: random.Random) -> str:
    body = rng.choice(_REGIONS) + f"{rng.randint(1945, 2008)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}" + digits(rng, 3)
    total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def luhn(rng: random.Random, prefix: str, length: int) -> str:
    body = prefix + digits(rng, length - 1 - len(prefix))
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def bank_card(rng: random.Random) -> str:
    return luhn(rng, rng.choice(("622202", "621700", "622848", "623058", "955880")), rng.choice((16, 19)))


def uscc(rng: random.Random) -> str:
    body = rng.choice(("91", "92", "93", "52")) + rng.choice(_REGIONS) + "".join(rng.choice(_USCC) for _ in range(9))
    total = sum(_USCC.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _USCC[-total % 31]


def plate(rng: random.Random) -> str:
    letters, tail = "ABCDEFGHJKLMNPQRSTUVWXYZ", "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    head = rng.choice("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青川宁琼") + rng.choice(letters)
    if rng.random() < 0.4:
        return head + rng.choice("DF") + rng.choice(tail) + digits(rng, 4)
    body = [rng.choice("0123456789") for _ in range(5)]
    for place in rng.sample(range(5), rng.choice((0, 1, 1, 2))):
        body[place] = rng.choice(letters)
    return head + "".join(body)


def zh_name(rng: random.Random) -> str:
    family = rng.choice(("欧阳", "司马", "上官", "诸葛")) if rng.random() < 0.06 else rng.choice(_FAMILY)
    return family + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2, 2))))


def zh_family(rng: random.Random) -> str:
    return rng.choice(_FAMILY)


def zh_number(rng: random.Random, value: int) -> str:
    """A small number as digits or as it is read."""
    if rng.random() < 0.5 or value > 99:
        return str(value) if rng.random() < 0.7 else "".join(_ZH[int(d)] for d in str(value))
    tens, ones = divmod(value, 10)
    return (("" if tens == 1 else _ZH[tens]) + "十" if tens else "") + (_ZH[ones] if ones or not tens else "")


def zh_address(rng: random.Random) -> str:
    where = rng.choice(_CITIES) + rng.choice(_DISTRICTS) if rng.random() < 0.6 else ""
    number, block, unit = (zh_number(rng, rng.randint(1, top)) for top in (380, 28, 4))
    room = str(rng.randint(1, 28) * 100 + rng.randint(1, 4))
    kind = rng.randint(0, 4)
    if kind == 0:
        return f"{where}{rng.choice(_STREETS)}{number}号"
    if kind == 1:
        return f"{where}{rng.choice(_STREETS)}{number}号{rng.choice(_ESTATES)}{block}栋{unit}单元{room}室"
    if kind == 2:
        return f"{where}{rng.choice(_ESTATES)}{block}{rng.choice(('号楼', '栋', '幢'))}{unit}单元{room}"
    if kind == 3:
        return f"{where}{rng.choice(('李家', '大桥', '青山', '石门', '杨树'))}村{zh_number(rng, rng.randint(1, 12))}组{number}号"
    return f"{where}{rng.choice(_ESTATES)}{block}栋{room}室"


def en_address(rng: random.Random) -> str:
    address = f"{rng.randint(10, 9999)} {rng.choice(_EN_STREETS)}"
    if rng.random() < 0.4:
        address += f", {rng.choice(('Apt', 'Unit', 'Suite'))} {rng.randint(1, 40)}"
    if rng.random() < 0.4:
        address += f", {rng.choice(('Springfield', 'Portland', 'Salem'))}, {rng.choice(('IL', 'OR', 'TX', 'CA'))} {digits(rng, 5)}"
    return address


def en_name(rng: random.Random) -> str:
    return f"{rng.choice(_EN_FIRST)} {rng.choice(_EN_LAST)}"


def email(rng: random.Random) -> str:
    user = rng.choice(("zhang.wei", "liming", "anna_b", "chen2008", "w.huang", "kk", "sunny")) + digits(rng, rng.randint(0, 4))
    return f"{user}@{rng.choice(('qq.com', '163.com', 'gmail.com', 'outlook.com', 'mail.example.cn', 'sina.com.cn'))}"


# --- how a number is written by people and recognisers -------------------------------------------------


def cut(rng: random.Random, number: str, sizes: tuple[int, ...] = ()) -> list[str]:
    """The number in groups as people say them."""
    if not sizes:
        sizes = {11: rng.choice(((3, 4, 4), (3, 3, 5), (4, 4, 3), (3, 2, 2, 4))), 18: (6, 4, 4, 4)}.get(len(number), ())
    groups, at = [], 0
    for size in sizes or (rng.choice((3, 4)),) * 7:
        if at < len(number):
            groups.append(number[at : at + size])
            at += size
    if at < len(number):
        groups.append(number[at:])
    return groups


def spoken(rng: random.Random, number: str) -> str:
    """Digit by digit in characters: 1 as 一 or, as on the telephone, 幺."""
    one = rng.choice("一幺")
    return "".join(one if d == "1" else _ZH[int(d)] if d.isdigit() else d for d in number)


def zh_written(rng: random.Random, number: str) -> str:
    """One of the ways in which a number comes out of a Chinese recogniser."""
    way = rng.randint(0, 7)
    groups = cut(rng, number)
    if way == 0:
        return number
    if way == 1:
        return rng.choice((" ", "-", "，", "、")).join(groups)
    if way == 2:
        return spoken(rng, number)
    if way == 3:
        return rng.choice(("，", " ", "、", "。")).join(spoken(rng, group) for group in groups)
    if way == 4:
        filler = rng.choice(("，嗯，", "，啊，", "嗯", "，然后，", "，那个，", "……"))
        return filler.join(spoken(rng, group) for group in groups)
    if way == 5:  # written and spoken mixed
        return "".join(group if rng.random() < 0.5 else spoken(rng, group) for group in groups)
    if way == 6:  # one digit heard as another character
        text = list(spoken(rng, number))
        place = rng.randrange(1, len(text) - 1)
        if number[place].isdigit():
            text[place] = rng.choice(_SOUNDS[number[place]])
        return "".join(text)
    return repeated(rng, number)


def repeated(rng: random.Random, number: str) -> str:
    """Runs of the same digit counted: 138 三个零 …"""
    out, at = "", 0
    while at < len(number):
        run = at
        while run < len(number) and number[run] == number[at] and run - at < 4:
            run += 1
        if run - at >= 2 and number[at].isdigit():
            out += f"{'零一两三四'[run - at]}个{_ZH[int(number[at])]}"
        else:
            out += spoken(rng, number[at:run])
        at = run
    return out


def en_written(rng: random.Random, number: str, sizes: tuple[int, ...]) -> str:
    """One of the ways in which a number comes out of an English recogniser."""
    groups = cut(rng, number, sizes)
    way = rng.randint(0, 5)
    if way == 0:
        return "-".join(groups)
    if way == 1:
        return number
    if way == 2:
        return " ".join(groups)
    zero = rng.choice(("zero", "oh"))

    def say(group: str) -> str:
        words, at = [], 0
        while at < len(group):
            if way == 5 and at + 1 < len(group) and group[at] == group[at + 1]:
                words.append(f"double {zero if group[at] == '0' else _EN[int(group[at])]}")
                at += 2
            else:
                words.append(zero if group[at] == "0" else _EN[int(group[at])])
                at += 1
        return " ".join(words)

    return rng.choice((" ", ", ", ", uh, ") if way == 4 else (", ", " ")).join(say(group) for group in groups)
