// Makes what the theme does with a pointer alone work by keyboard too: the navigation on small screens, wide tables.
(() => {
  const drawer = document.getElementById("__drawer");
  const content = document.querySelector(".md-content");
  const schemes = document.querySelector("[data-md-component=palette]");
  const sizes = new ResizeObserver(markWide);
  const headings = [...document.querySelectorAll(".md-content :is(h1, h2, h3, h4)[id]")];

  // Without scripts a label opens the navigation, by pointer only; a button does it by keyboard too.
  function makeDrawerButton() {
    const label = document.querySelector(".md-header__button[for=__drawer]");
    if (!label || !drawer) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = `${label.className} bb-drawer-button`;
    button.append(...label.childNodes);
    label.replaceWith(button);
    const sidebar = document.querySelector(".md-sidebar--primary");
    const tell = () => button.setAttribute("aria-expanded", String(drawer.checked));
    button.addEventListener("click", (event) => {
      drawer.click();
      if (event.detail === 0) sidebar?.querySelector("a")?.focus(); // no pointer: a key was pressed
    });
    drawer.addEventListener("change", tell);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !drawer.checked) return;
      drawer.click();
      button.focus();
    });
    document.addEventListener("focusin", (event) => {
      if (drawer.checked && !sidebar?.contains(event.target)) drawer.click(); // it would cover what has the focus
    });
    // Some browsers keep over a reload what was switched.
    for (const toggle of document.querySelectorAll("[data-md-toggle]")) toggle.checked = false;
    tell();
  }

  // A table that is wider than the screen is a stop, so that the arrow keys can move it; its heading names it.
  function markWide(entries) {
    for (const { target } of entries) {
      const isWide = target.scrollWidth > target.clientWidth;
      const before = headings.filter((heading) => heading.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING);
      const values = { tabindex: "0", role: "group", "aria-labelledby": before.at(-1)?.id };
      for (const [name, value] of Object.entries(values)) {
        if (isWide && value) target.setAttribute(name, value);
        else target.removeAttribute(name);
      }
    }
  }

  // Browsers leave a link in a wide table where it is as soon as a part of it is in view, and that may be the ends of its
  // lines. What a pointer presses does not move: the click would miss it.
  function showWhole({ target }) {
    if (!target.matches(".md-typeset__scrollwrap :focus-visible")) return;
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The theme makes these two only after it has started, and some when they come into view.
  function mend() {
    for (const nav of content.querySelectorAll(".md-code__nav:not([role])")) nav.setAttribute("role", "none"); // no landmarks
    for (const table of content.querySelectorAll(".md-typeset__scrollwrap")) sizes.observe(table);
  }

  // The theme checks none of its switches for dark colours, so the stop would be the first, shown or not.
  function checkScheme() {
    for (const option of schemes.querySelectorAll(".md-option")) option.checked = !option.nextElementSibling?.hidden;
  }

  makeDrawerButton();
  if (schemes) {
    new MutationObserver(checkScheme).observe(schemes, { attributeFilter: ["hidden"], subtree: true });
    checkScheme();
  }
  if (!content) return;
  new MutationObserver(mend).observe(content, { childList: true, subtree: true });
  content.addEventListener("focusin", showWhole);
  mend();
})();
