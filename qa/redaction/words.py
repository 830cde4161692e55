"""Word lists of the name recogniser: family names, and words that are none although they begin like one."""

from __future__ import annotations

FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛"
    "伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲游阳裴席卫查屈鲍覃霍翁隋植甘景薄单"
    "包司柏宁柯阮桂闵解柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫嵺苟褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻"
    "揭窦迟宇敖糜鄢冷卓花仇艾蓝巩稽井练仲乐虞卞封竺冼衣楚佟栗匡宗巫鞠僧桑荆谌银扬明沙伏岑习胥蔺"
)
"""Family names of one character, the frequent ones first; those that are mostly another word (都, 和, 位) left out."""
COMPOUND = "欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|夏侯|端木|独孤|南宫"
_ORDINARY = (
    "谢谢 辛苦 先生 马上 方便 于是 高兴 安排 时候 时间 万一 白天 金额 成功 何时 单位 单元 单子 常见 严重 "
    "明天 明白 连续 平时 全部 程序 国家 关于 曾经 左右 应该 包括 解决 连接 向您 和您 都是 路上 原来 计划 "
    "台区 应急 保证 习惯 来电 强制 全家 司机 包装 管理 成本 文明 安全 安装 温馨 常用 现在 关闭 花园 高压 "
    "常年 常常 常在 平常 时常 高考 高中 高血 高烧 房子 车子 万分 任何 金钱 "
    "高级 华为 游客 车主 房东 房主 商户 木工 都不 单相 项目 贺卡 文化 申请 申报 "
)
ORDINARY = tuple(_ORDINARY.split())
"""Words whose first character is also a family name."""
_NOT_NAMES = (
    "and calling from i my the with on it its is was at in a an to for about please speaking here who that you are "
    "not spelled under will but so because number wrong right correct not different misspelled missing sorry very "
    "glad happy sure just back when later tomorrow today tonight monday tuesday wednesday thursday friday saturday "
    "sunday again if as soon really still having trying going getting also too now there quite upset listed of "
    "this "
)
NOT_NAMES = frozenset(_NOT_NAMES.split())
"""English words that follow 'my name is' or 'this is' without being a name."""
_ORGANISATIONS = (
    "power electric energy grid hotline service services support customer the state national city county utility "
    "utilities company gas water "
)
ORGANISATIONS = frozenset(_ORGANISATIONS.split())
"""Words in the name of a company: 'this is Example Power'."""
