// What makes reading easier: a card for each link to a record, a button that copies a quote with its citation, and the
// addresses of links as footnotes when a page is printed.
(() => {
  const { base } = document.currentScript.dataset;
  const root = new URL(base.replace(/\/?$/, "/"), document.baseURI);
  const RECORD = /^(actors|quotes|events|sources)\/[a-z0-9-]+(\/|\.html)$/;
  const SHOW_AFTER = 250;
  const HIDE_AFTER = 200;
  const page = document.querySelector(".bb-page");
  const said = JSON.parse(document.getElementById("bb-words").textContent);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const plain = (node) => node?.textContent.replace(/\s+/g, " ").trim() ?? "";

  function shorten(text, width) {
    if (text.length <= width) return text;
    const head = text.slice(0, width);
    return `${head.slice(0, head.lastIndexOf(" ") + 1).replace(/[\s,;:.]+$/, "") || head}…`;
  }

  // Cards

  const read = new Map();
  const card = element("div", { class: "bb-card", id: "bb-card", role: "tooltip", hidden: "" });
  let current = null; // the link that the card is of, or is about to be
  let timer = 0;

  // Where a link leads, or null where no browser can tell: `https://[x`.
  function urlOf(link) {
    try {
      return new URL(link.href.baseVal ?? link.href, document.baseURI);
    } catch {
      return null;
    }
  }

  function recordOf(link) {
    const url = urlOf(link);
    if (!url) return null;
    const isHere = url.origin === location.origin && url.pathname.startsWith(root.pathname);
    if (!isHere || url.pathname === location.pathname) return null;
    url.hash = "";
    return RECORD.test(url.pathname.slice(root.pathname.length)) ? url : null;
  }

  function contents(url) {
    if (!read.has(url.href)) {
      const answer = fetch(url).then((got) => (got.ok ? got.text() : Promise.reject(new Error(String(got.status)))));
      read.set(url.href, answer.then((text) => new DOMParser().parseFromString(text, "text/html").querySelector(".bb-page")));
    }
    return read.get(url.href);
  }

  function filled(record, url) {
    const find = (names) => record.querySelector(names);
    const parts = [element("p", { class: "bb-kind" }, plain(find(".bb-kind")))];
    const quote = find("blockquote.bb-quote:not(.bb-quote--original)");
    if (quote) {
      const words = element("p", { class: "bb-card-words" }, shorten(plain(quote), 240));
      for (const name of ["lang", "dir"]) if (quote.hasAttribute(name)) words.setAttribute(name, quote.getAttribute(name));
      return [...parts, words, element("p", {}, plain(find(".bb-said")))];
    }
    const title = find("h1")?.cloneNode(true);
    title?.querySelector(".headerlink")?.remove();
    const portrait = find(".bb-portrait img");
    const letters = find(".bb-initials");
    if (portrait) parts.unshift(element("img", { src: new URL(portrait.getAttribute("src"), url).href, alt: "" }));
    else if (letters) parts.unshift(element("span", { class: letters.className }, plain(letters)));
    parts.push(element("p", { class: "bb-card-title" }, plain(title)));
    const isSource = record.matches(".bb-page--source"); // its first line is a citation, which says the title again
    const told = isSource ? [record.dataset.who, record.dataset.when].filter(Boolean) : [plain(find(".bb-lead, .bb-when"))].filter(Boolean);
    const below = told.flatMap((said) => [" · ", element("bdi", {}, said)]).slice(1);
    const summary = [...record.children].find((child) => child.matches("p:not([class])"));
    if (below.length) parts.push(element("p", {}, ...below));
    if (summary) parts.push(element("p", {}, shorten(plain(summary), 160)));
    return parts;
  }

  function place(link) {
    const [first, last] = [link.getClientRects()[0], [...link.getClientRects()].at(-1)].map((line) => line ?? link.getBoundingClientRect());
    const { width, height } = card.getBoundingClientRect();
    const isBelow = last.bottom + height + 8 < innerHeight || first.top < height + 8; // of all lines of the link
    const left = Math.max(8, Math.min((isBelow ? last : first).left, document.documentElement.clientWidth - width - 8));
    card.style.left = `${left}px`;
    card.style.top = `${isBelow ? last.bottom + 6 : first.top - height - 6}px`;
  }

  async function show(link, url) {
    try {
      const record = await contents(url);
      if (link !== current || !record) return;
      card.replaceChildren(...filled(record, url));
      card.hidden = false;
      link.setAttribute("aria-describedby", card.id);
      place(link);
    } catch {
      read.delete(url.href); // no card: the link is still a link
    }
  }

  function hide() {
    clearTimeout(timer);
    current?.removeAttribute("aria-describedby");
    current = null;
    card.hidden = true;
  }

  function approach(link) {
    const url = recordOf(link);
    if (link === current) return clearTimeout(timer);
    hide();
    if (!url) return;
    current = link;
    timer = setTimeout(() => show(link, url), SHOW_AFTER);
  }

  function leave() {
    clearTimeout(timer);
    timer = setTimeout(hide, HIDE_AFTER);
  }

  const linkAt = (event) => (event.target instanceof Element ? event.target.closest("a[href]:not(.headerlink, .md-button)") : null);

  function startCards() {
    document.body.append(card);
    page.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch" && linkAt(event)) approach(linkAt(event));
    });
    page.addEventListener("pointerout", (event) => linkAt(event) && leave());
    card.addEventListener("pointerenter", () => clearTimeout(timer));
    card.addEventListener("pointerleave", leave);
    page.addEventListener("focusin", (event) => linkAt(event)?.matches(":focus-visible") && approach(linkAt(event)));
    page.addEventListener("focusout", hide);
    document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
    document.addEventListener("click", hide);
    addEventListener("scroll", () => !card.hidden && current && place(current), { passive: true });
  }

  // Copying a quote

  function citation() {
    const words = plain(page.querySelector("blockquote.bb-quote:not(.bb-quote--original)"));
    const sources = [...(document.getElementById("sources")?.nextElementSibling?.children ?? [])].map((item) => {
      const copy = item.cloneNode(true);
      copy.querySelectorAll(".bb-seen, .bb-footmark").forEach((seen) => seen.remove());
      return plain(copy);
    });
    return [`“${words}”`, `— ${plain(page.querySelector(".bb-said"))}`, sources.join("; "), address(new URL(location.href))].filter(Boolean).join("\n");
  }

  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const button = document.activeElement;
    const field = element("textarea", { readonly: "", class: "bb-copied" }); // over http there is no clipboard
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    if (!done) throw new Error("not copied");
  }

  function startCopying() {
    const after = page.querySelector(".bb-said");
    const button = element("button", { type: "button", class: "bb-copy-button", "data-bb-copy": "" }, said.copy);
    const told = element("span", { role: "status", class: "bb-details" });
    button.addEventListener("click", () =>
      copy(citation()).then(
        () => (told.textContent = said.copied),
        () => (told.textContent = said.copy_failed),
      ),
    );
    after?.after(element("p", { class: "bb-copy" }, button, " ", told));
  }

  // Printing

  // Where a page is published, wherever it is read.
  function address(url) {
    const canonical = document.querySelector("link[rel=canonical]")?.href;
    const path = location.href.split(/[?#]/)[0].slice(root.href.length);
    const isOurs = url.href.startsWith(root.href) && canonical?.endsWith(path);
    url.hash = isOurs && url.pathname === location.pathname ? "" : url.hash;
    return isOurs ? canonical.slice(0, canonical.length - path.length) + url.href.slice(root.href.length) : url.href;
  }

  let opened = [];

  function addFootnotes() {
    removeFootnotes();
    opened = [...page.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
    const numbers = new Map();
    for (const link of page.querySelectorAll("a[href]:not(.headerlink, .md-content__button, .footnote-ref, .footnote-backref)")) {
      if (link.closest("svg, .bb-pager, .bb-skip, [hidden]")) continue;
      if (!urlOf(link)) continue;
      const url = address(urlOf(link));
      if (!numbers.has(url)) numbers.set(url, numbers.size + 1);
      link.after(element("sup", { class: "bb-footmark" }, `${numbers.get(url)}`));
    }
    const list = element("ol", {}, ...[...numbers.keys()].map((url) => element("li", {}, url)));
    const told = ['meta[property="og:site_name"]', 'meta[name="bb-edition"]'].map((meta) => document.querySelector(meta)?.content);
    const notes = element("section", { class: "bb-footnotes" });
    if (numbers.size) notes.append(element("h2", {}, said.print_addresses), list);
    notes.append(element("p", {}, [...told, address(new URL(location.href))].filter(Boolean).join(" · ")));
    page.append(notes);
  }

  function removeFootnotes() {
    page.querySelectorAll(".bb-footmark, .bb-footnotes").forEach((note) => note.remove());
    for (const details of opened) details.open = false;
    opened = [];
  }

  if (!page) return;
  startCards();
  if (page.matches(".bb-page--quote")) startCopying();
  addEventListener("beforeprint", addFootnotes);
  addEventListener("afterprint", removeFootnotes);
})();
