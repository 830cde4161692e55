"""Rules of Alibaba Cloud's 智能对话分析 (Smart Conversation Analysis, SCA) read and written as JSON.

    imported = import_sca(Path("rules.json"))        # YAML text, the rule set, what was lost
    document, losses = export_sca(rule_set)

The JSON is that of UploadRule and GetRule: ``{"conditions": [...], "rules": [...]}``, a rule with a ``lambda`` over condition ids,
a condition with ``check_range`` and ``operators``. Keys are read in every spelling the API uses (``check_range``, ``Check_range``,
``CheckRange``). A rule is carried over only where its verdicts stay the same, apart from the differences that hold for all and are
listed under ``*``; otherwise it is left out and the list says which field is to blame.

``document.py`` reads JSON defensively, ``lambdas.py`` Boolean expressions, ``ranges.py`` where a condition looks, ``operators.py``
what it looks for, ``exclusions.py`` what voids it; each knows both directions.
"""

from __future__ import annotations

from qa.rules.sca.exporting import export_sca
from qa.rules.sca.importing import import_sca, import_sca_text

__all__ = ["export_sca", "import_sca", "import_sca_text"]
