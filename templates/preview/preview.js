// In each page of the preview: shows what is wrong with the records, and loads the page again when it has changed.
(() => {
  const me = document.currentScript;
  const heard = { problems: (text) => show(JSON.parse(text)), version: () => compare() };

  // All pages share one stream of news: a browser allows six connections to one host.
  function follow() {
    if (!window.SharedWorker) return followAlone();
    const worker = new SharedWorker("/.briefbook/preview-worker.js");
    worker.port.onmessage = ({ data: [kind, text] }) => heard[kind](text);
    addEventListener("pagehide", () => worker.port.postMessage("left"), { once: true });
  }

  function followAlone() {
    const events = new EventSource("/.briefbook/events");
    for (const kind in heard) events.addEventListener(kind, ({ data }) => heard[kind](data));
    addEventListener("pagehide", () => events.close(), { once: true });
  }

  // A page that nobody sees is not rendered to be compared: it catches up when it is shown.
  let isToCompare = false;
  let isComparing = false;
  async function compare() {
    isToCompare = true;
    while (isToCompare && !isComparing && !document.hidden) {
      isToCompare = false;
      isComparing = true;
      try {
        const answer = await fetch(`/.briefbook/digest?page=${encodeURIComponent(location.pathname)}`);
        if (answer.ok && (await answer.text()) !== me.dataset.seen) location.reload();
      } catch {
        // The preview has ended. When it is there again, the stream says so.
      } finally {
        isComparing = false;
      }
    }
  }

  document.addEventListener("visibilitychange", () => isToCompare && compare());
  addEventListener("pageshow", (event) => event.persisted && follow());
  follow();

  const host = document.createElement("briefbook-preview");
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; }
    * { box-sizing: border-box; margin: 0; }
    section { --ground: #fff; --ink: #1d2030; --soft: #5b6070; --line: #d9dce5; --bad: #b3261e; --warn: #8a5a00; --code: #f4f5f9;
      position: fixed; inset: auto 0 0 0; z-index: 2147483647; max-height: 70vh; overflow: auto; padding: 1rem clamp(1rem, 4vw, 3rem) 1.5rem;
      background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; border-top: 4px solid var(--bad);
      box-shadow: 0 -8px 32px #0005; }
    section.warnings { border-color: var(--warn); }
    @media (prefers-color-scheme: dark) {
      section { --ground: #1c1e26; --ink: #e8eaf2; --soft: #a7adbd; --line: #3a3d4a; --bad: #ff8a80; --warn: #ffc46b; --code: #262935; }
    }
    header { display: flex; gap: 1rem; align-items: center; margin-bottom: .75rem; }
    h2 { font-size: 1.05rem; flex: 1; }
    button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 4px; padding: .2rem .7rem; cursor: pointer; }
    button:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
    article { border-top: 1px solid var(--line); padding: .7rem 0; overflow-wrap: anywhere; }
    .place { font: 13px/1.4 ui-monospace, monospace; color: var(--soft); }
    .error b { color: var(--bad); } .warning b { color: var(--warn); }
    pre { font: 13px/1.4 ui-monospace, monospace; background: var(--code); padding: .5rem .7rem; margin-top: .4rem; overflow-x: auto; unicode-bidi: plaintext; }
    .pill { position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483647; background: #8a5a00; color: #fff; border: 0; border-radius: 99px;
      padding: .4rem 1rem; font: 14px system-ui, sans-serif; }`);
  root.adoptedStyleSheets = [style];

  const element = (name, text = "", kind = "") => {
    const made = document.createElement(name);
    made.textContent = text; // never as HTML: it is what somebody typed
    made.className = kind;
    return made;
  };
  const counted = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  function show(problems) {
    root.replaceChildren();
    if (!problems.length) return host.remove();
    document.body.append(host);
    const errors = problems.filter((problem) => problem.severity === "error").length;
    if (errors) return open(problems, `${counted(errors, "error")}: this is the last good version`, "errors");
    const pill = element("button", counted(problems.length, "warning"), "pill");
    pill.onclick = () => open(problems, counted(problems.length, "warning"), "warnings");
    root.replaceChildren(pill);
  }

  function open(problems, title, kind) {
    const section = element("section", "", kind);
    section.setAttribute("role", "alert");
    const header = element("header");
    const close = element("button", "Hide");
    close.onclick = () => host.remove();
    header.append(element("h2", title), close);
    section.append(header, ...problems.map(article));
    root.replaceChildren(section);
    section.querySelectorAll("pre").forEach((line) => (line.scrollLeft = line.dataset.columns * 8 - line.clientWidth / 2));
  }

  function article({ place, severity, message, line, columns }) {
    const made = element("article", "", severity);
    const said = element("p");
    said.append(element("b", `${severity}: `), message);
    made.append(element("p", place, "place"), said);
    if (line) {
      made.append(element("pre", `${line}\n${" ".repeat(columns)}^`));
      made.lastChild.dataset.columns = columns;
    }
    return made;
  }
})();
