"""axe-core: what is wrong with a page for those who cannot see it, or not well."""

from __future__ import annotations

from typing import Any

from tests.viewers.served import packages

#: Playwright's option for pages in which axe is to run. Ours let no script run but our own, and
#: axe is put into the page from outside.
OPTIONS = {"bypass_csp": True}

#: The rules of WCAG 2.2, levels A and AA, and those that axe's authors hold for good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: What fades has no contrast yet, so transitions are waited for; what turns for ever is not.
_RUN = """async rules => {
    const ends = document.getAnimations().map(animation => animation.finished.catch(() => {}));
    await Promise.race([Promise.all(ends), new Promise(done => setTimeout(done, 1000))]);
    return axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
}"""


def violations_in_light_and_dark(page: Any) -> list[str]:
    """The same of a page that is light; then, by the rules that colours decide, of it in dark."""
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += [
        f"dark: {told}" for told in violations(page, ["color-contrast", "link-in-text-block"])
    ]
    page.emulate_media(color_scheme="light")
    return found


def violations(page: Any, rules: list[str] = RULES) -> list[str]:
    """What is serious or critical: the rule, what it wants, and each element that breaks it.
    ``rules``: tags or rules of axe's."""
    page.add_script_tag(path=str(packages() / "axe-core" / "axe.min.js"))
    found = page.evaluate(_RUN, rules)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:200]} "
        f"[{' '.join(map(str, node['target']))}] {node.get('failureSummary', '')}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
