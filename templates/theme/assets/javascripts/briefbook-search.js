// Opens the search: by its button in the header, "/" or Ctrl-K. Pagefind itself (interface and index) is loaded when
// the search is first opened, so that pages stay light.
const script = document.currentScript;
const bundle = new URL(script.dataset.bundle, document.baseURI).href;
const base = new URL(script.dataset.base, document.baseURI).pathname;
let modal = null;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function load() {
  if (modal) return modal;
  modal = new Promise((resolve, reject) => {
    document.head.append(element("link", { rel: "stylesheet", href: `${bundle}pagefind-component-ui.css` }));
    const library = element("script", { type: "module", src: `${bundle}pagefind-component-ui.js` });
    library.addEventListener("error", reject);
    library.addEventListener("load", () => {
      const dialog = element(
        "pagefind-modal",
        {},
        element("pagefind-modal-header", {}, element("pagefind-input", { placeholder: "Search the briefing" })),
        element(
          "pagefind-modal-body",
          {},
          element("pagefind-filter-dropdown", { filter: "kind", label: "Kind", "show-empty": "" }),
          element("pagefind-summary"),
          element("pagefind-results", { "hide-sub-results": "" }),
        ),
        element("pagefind-modal-footer", {}, element("pagefind-keyboard-hints")),
      );
      dialog.querySelector("pagefind-results").resultTemplate = showResult;
      new MutationObserver(() => nameFilter(dialog)).observe(dialog, { childList: true, subtree: true });
      document.body.append(element("pagefind-config", { "bundle-path": bundle, "base-url": base }), dialog);
      resolve(dialog);
    });
    document.head.append(library);
  });
  modal.catch(() => (modal = null));
  return modal;
}

// A result says what kind of record it is. The excerpt comes escaped from Pagefind, with <mark> around the words found.
function showResult({ meta, url, excerpt }) {
  const words = element("p", { class: "pf-result-excerpt" });
  words.innerHTML = excerpt;
  const title = element("a", { class: "pf-result-link", href: url }, meta.title ?? url);
  const kind = element("span", { class: "bb-result-kind" }, meta.kind ?? "");
  const heading = element("p", { class: "pf-result-title" }, title, " ", kind);
  return element("li", { class: "pf-result" }, element("div", { class: "pf-result-card" }, element("div", { class: "pf-result-content" }, heading, words)));
}

// A combobox is not named by what is in it, so Pagefind's filter would have no name for a screen reader.
function nameFilter(dialog) {
  const trigger = dialog.querySelector(".pf-dropdown-trigger:not([aria-labelledby])");
  if (!trigger) return;
  const parts = trigger.querySelectorAll(".pf-dropdown-trigger-label, .pf-dropdown-selected-badge");
  parts.forEach((part, index) => (part.id = `bb-filter-${index}`));
  trigger.setAttribute("aria-labelledby", [...parts].map((part) => part.id).join(" "));
}

async function open(button) {
  followScheme();
  const dialog = await load();
  dialog.querySelector("dialog")?.addEventListener("close", () => button.focus(), { once: true });
  dialog.open();
}

// Pagefind's own dark colours follow the system; the site's follow the reader's choice.
function followScheme() {
  document.documentElement.dataset.pfTheme = document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";
}

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".bb-search-button");
  const header = document.querySelector(".md-header__inner");
  if (!button || !header) return;
  header.insertBefore(button, header.querySelector(".md-header__source"));
  button.hidden = false;
  button.addEventListener("click", () => open(button));
  document.addEventListener("keydown", (event) => {
    const isSlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isSlash && !isK) return;
    event.preventDefault();
    open(button);
  });
});
