"""In a real browser: a mistake is typed into a draft, named, found with a click and mended; then previewed and published."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from hotline.store import publishing

PASSWORD = "correct horse battery"
WORDS = {
    "zh": ("编辑", "试算影响", "发布", "第 26 行", "发布 small 第 4 版", "已发布 small 第 4 版", "运行全部示例", "2 个示例全部符合"),
    "en": ("Edit", "Preview", "Publish", "line 26", "Publish small version 4", "small version 4 is published", "Prove all examples",
           "All 2 examples hold"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_draft_is_mended_previewed_and_published(
    language: str,
    server: str,
    house: Any,
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    settle: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    edit, preview, publish, place, button, done, prove, held = WORDS[language]
    pictures = Path(os.environ.get("HOTLINE_SCREENSHOTS") or tmp_path)
    page = open_page(f"{server}/rules", language)
    sign_in(page, "chief", PASSWORD)
    parts = page.locator("[data-testid=stMain] [data-testid=stButtonGroup] button")

    def go(name: str) -> None:
        parts.filter(has_text=name).first.click()
        settle(page)

    def picture(name: str) -> None:
        settle(page)
        height = page.get_by_test_id("stMain").evaluate("m => m.scrollHeight")
        page.set_viewport_size({"width": 1440, "height": max(900, min(int(height), 3000))})
        settle(page)
        page.screenshot(path=str(pictures / f"rules_{name}.{language}.png"))
        page.set_viewport_size({"width": 1440, "height": 900})

    page.locator("tr[data-row=pushing]").wait_for()
    picture("card")
    page.locator("tr[data-row=pushing]").click()
    page.locator("tr[data-row=S001]").wait_for()
    picture("item")
    go(edit)
    area = page.locator(".editor textarea")
    area.wait_for()
    text = area.input_value()
    area.fill(text.replace("version: 3", "version: 4").replace("points: 20", "points: 七"))
    wrong = page.locator(".problems .error button")
    wrong.wait_for()  # nobody pressed anything
    assert wrong.count() == 1 and place in wrong.inner_text() and "七" in wrong.inner_text()
    assert page.locator(".lines .error").inner_text() == "26"
    assert area.input_value().count("points: 七") == 1  # what was typed stays
    picture("mistake")
    wrong.click()
    assert area.evaluate("a => a.value.slice(a.selectionStart, a.selectionEnd)") == "points: 七"
    page.keyboard.type("points: 5")
    wrong.wait_for(state="detached")
    page.get_by_role("button", name=prove).click()
    page.get_by_text(held).wait_for()
    picture("edit")
    go(preview)
    page.get_by_test_id("stMain").get_by_test_id("stButton").get_by_role("button", name=preview).click()
    page.get_by_test_id("stVegaLiteChart").first.wait_for()
    picture("impact")
    go(publish)
    page.get_by_test_id("stForm").locator("input[type=text]").last.fill("推诿改为 5 分")
    picture("publish")
    page.get_by_role("button", name=button).click()
    page.get_by_text(done).wait_for()
    [version] = publishing.published(house.store)
    assert (version.rule_set.version, version.note, version.rule_set.item("pushing").points) == (4, "推诿改为 5 分", 5)
    assert version.published_by == "chief"
    page.goto(f"{server}/rules")
    page.get_by_text(version.rule_set.content_hash[:12]).first.wait_for()  # what is in force is shown first


def test_the_newest_loss_opens_at_its_sentence(
    server: str, house: Any, open_page: Callable[..., Page], sign_in: Callable[..., None], settle: Callable[[Page], None]
) -> None:
    page = open_page(f"{server}/rules")
    sign_in(page, "qa", PASSWORD)
    page.locator("tr[data-row=pushing]").click()
    page.locator("tr[data-row=S001]").click()
    page.locator(".turn").first.wait_for()
    assert "call=S001" in page.url and "at=12." in page.url
    settle(page)
    assert page.locator(".now").inner_text().startswith("0:12.")
    page.get_by_role("button", name="判定正确").first.click()
    page.get_by_text("判定正确 · qa", exact=False).wait_for()
