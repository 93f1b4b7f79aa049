// Opens the search: by a button, "/" or Ctrl-K. Pagefind itself (interface and index) is loaded when the search is
// first opened, so that pages stay light.
(() => {
  const script = document.currentScript;
  const bundle = new URL(script.dataset.bundle, document.baseURI).href;
  const base = new URL(script.dataset.base, document.baseURI).pathname;
  // Titles count most, and an actor's names as they do; long pages are not held against the words in them.
  const RANKING = { metaWeights: { title: 8, also: 8 }, termSimilarity: 2, termFrequency: 0.5, pageLength: 0.4 };
  // What is read from right to left, from left to right, and what stands between: excerpts are HTML, with <mark> as its only element.
  const FROM_RIGHT = "(?=[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefe\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}])[\\p{L}\\p{N}]";
  const FROM_LEFT = `(?!${FROM_RIGHT})[\\p{L}\\p{N}]`;
  const BETWEEN = "(?:</?mark>|&#?\\w+;|[^\\p{L}<&])*";
  const run = (letter) => new RegExp(`</?mark>|&#?\\w+;|${letter}(?:${BETWEEN}${letter})*`, "gu");
  const [RUNS_FROM_RIGHT, RUNS_FROM_LEFT] = [run(FROM_RIGHT), run(FROM_LEFT)];
  const module = new URL("search/", script.src).href; // what Pagefind's interface takes for Pagefind
  const SHOWN = 30; // results at once
  let loading = null;
  const words = () => JSON.parse(document.getElementById("bb-words").textContent);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function loaded(made) {
    return new Promise((resolve, reject) => {
      made.addEventListener("load", resolve);
      made.addEventListener("error", reject);
      document.head.append(made);
    });
  }

  async function load() {
    const said = words();
    await Promise.all([
      loaded(element("link", { rel: "stylesheet", href: `${bundle}pagefind-component-ui.css` })),
      loaded(element("script", { type: "module", src: `${bundle}pagefind-component-ui.js` })),
    ]);
    const results = element("pagefind-results", { "hide-sub-results": "", "max-results": SHOWN });
    results.resultTemplate = showResult;
    const end = element("div", { class: "bb-search-end" });
    const filter = element("pagefind-filter-dropdown", { filter: "kind", label: said.search_kind, "single-select": "", "hide-clear": "" });
    const modal = element(
      "pagefind-modal",
      {},
      element("pagefind-modal-header", {}, element("pagefind-input", { placeholder: said.search_placeholder })),
      element(
        "pagefind-modal-body",
        {},
        filter,
        element("pagefind-summary", { "default-message": said.search_hint }),
        results,
        end,
      ),
      element("pagefind-modal-footer", {}, keys("↑ ↓", said.choose, "Enter", said.open, "Esc", said.close)),
    );
    const asked = PagefindComponents.configureInstance("default", { bundlePath: module, baseUrl: base, ranking: RANKING });
    filter.addEventListener("focusin", () => fillFilter(asked, modal), { once: true });
    new MutationObserver(() => nameFilter(modal)).observe(modal, { childList: true, subtree: true });
    document.body.append(modal);
    showMore(asked, results, end);
    return modal;
  }

  async function fillFilter(asked, modal) {
    const { wantFilters } = await import(`${module}pagefind.js`);
    await wantFilters();
    asked.triggerSearch(modal.querySelector("input").value); // Pagefind tells its filter of choices with the next results
  }

  // Pagefind's list makes room for each result at once, which takes ten seconds when they are ten thousand. Here it has the
  // first of them, and more follow when the reader comes to its end.
  function showMore(asked, results, end) {
    let rest = [];
    const observer = new IntersectionObserver(async ([seen]) => {
      const next = seen.isIntersecting ? rest.splice(0, SHOWN) : [];
      if (!next.length) return;
      const mine = rest;
      const found = await Promise.all(next.map((result) => result.data()));
      if (mine !== rest) return; // something else was asked meanwhile
      results.querySelector("ul").append(...found.map(showResult));
      observer.unobserve(end);
      observer.observe(end); // it may still be in sight
    });
    asked.on("loading", () => (rest = []));
    asked.on("results", (found) => (rest = found.results.slice(SHOWN)));
    observer.observe(end);
  }

  // A combobox is not named by what is in it, so Pagefind's filter would have no name for a screen reader.
  function nameFilter(modal) {
    const trigger = modal.querySelector(".pf-dropdown-trigger:not([aria-labelledby])");
    if (!trigger) return;
    const parts = trigger.querySelectorAll(".pf-dropdown-trigger-label, .pf-dropdown-selected-badge");
    parts.forEach((part, index) => (part.id = `bb-filter-${index}`));
    trigger.setAttribute("aria-labelledby", [...parts].map((part) => part.id).join(" "));
  }

  // Pagefind's own hints say that Esc clears the words, which in its modal it does not.
  function keys(...words) {
    const hints = words.map((word, index) => (index % 2 ? ` ${word} ` : element("kbd", {}, word)));
    return element("p", { class: "bb-search-keys" }, ...hints);
  }

  // A result says what kind of record it is, who said it or where it was, and when. The excerpt comes escaped from Pagefind, with <mark> around the words found.
  function showResult({ meta, url, excerpt }) {
    const words = element("p", { class: "bb-result-words" });
    setApart(words, excerpt.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")); // what ends a direction may have been cut off
    const kind = element("span", { class: "bb-result-kind" }, meta.kind ?? "");
    const title = element("span", { class: "bb-result-title" }, element("bdi", {}, meta.title ?? url), " ", kind);
    const link = element("a", { class: "pf-result-link", href: url }, title);
    const where = [meta.who, meta.when].filter(Boolean).flatMap((said) => [" · ", element("bdi", {}, said)]).slice(1);
    link.addEventListener("click", () => link.closest("dialog").close());
    return element("li", { class: "bb-result" }, link, where.length ? element("p", { class: "bb-result-where" }, ...where) : "", words);
  }

  // An excerpt has lost the elements that keep names in Arabic from carrying numbers beside them away. It is set from the
  // right when nearly all of it is read so; what is read the other way is set apart by characters.
  function setApart(words, excerpt) {
    words.innerHTML = excerpt;
    const count = (letter) => words.textContent.match(new RegExp(`(?=\\p{L})${letter}`, "gu"))?.length ?? 0;
    const [fromRight, fromLeft] = [count(FROM_RIGHT), count(FROM_LEFT)];
    const isFromRight = fromRight > 3 * fromLeft || (document.dir === "rtl" && fromLeft <= 3 * fromRight);
    words.dir = isFromRight ? "rtl" : "ltr";
    const runs = isFromRight ? RUNS_FROM_LEFT : RUNS_FROM_RIGHT;
    words.innerHTML = excerpt.replace(runs, (found) => (/^[<&]/.test(found) ? found : `\u2068${found}\u2069`));
  }

  // Pagefind's own dark colours follow the system; the site's follow the reader's choice.
  function followScheme() {
    document.documentElement.dataset.pfTheme = document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";
  }

  async function open() {
    const isNowhere = document.activeElement === document.body;
    const reader = isNowhere ? document.querySelector(".bb-search-button") : document.activeElement;
    followScheme();
    try {
      loading ??= load();
      const modal = await loading;
      modal.open();
      modal.querySelector("dialog").addEventListener("close", () => reader.focus({ preventScroll: true }), { once: true });
    } catch {
      loading = null;
      tellFailure();
    }
  }

  // Browsers load no modules from file://, and a site may be served before it is indexed.
  function tellFailure() {
    document.querySelector(".bb-search-failure")?.remove();
    const said = words();
    const dialog = element("dialog", { class: "bb-search-failure" }, element("p", {}, said.search_failed), element("form", { method: "dialog" }, element("button", {}, said.close)));
    document.body.append(dialog);
    dialog.showModal();
  }

  function isTyping(target) {
    return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-bb-search]")) open();
  });
  document.addEventListener("keydown", (event) => {
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if ((!isSlash && !isK) || isTyping(event.target)) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-bb-search]")) button.hidden = false;
  });
})();
