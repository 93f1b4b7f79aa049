// The quote explorer: narrows, sorts and searches the quotes of the briefing, on the page that lists them. What is chosen
// is kept in the address. Without this script the page is a plain list.
(() => {
  const { base, suffix } = document.currentScript.dataset;
  const quotes = new URL(`${base.replace(/\/?$/, "/")}quotes/`, document.baseURI);
  const STEP = 50;
  const SHOWN_VALUES = 8;
  const WIDTH = 220;
  const AHEAD = 6; // chunks that are read at once while somebody searches
  const SORTS = ["newest", "oldest", "speaker"];
  let said, index, page, parts;
  const chunks = new Map();
  const plains = new WeakMap(); // by row: its words for comparing
  const { compare } = new Intl.Collator(document.documentElement.lang);
  const state = { chosen: {}, words: "", sort: "newest", shown: STEP };
  let turn = 0; // of updates: what an older one finds late is dropped

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const number = (count) => count.toLocaleString(document.documentElement.lang);

  async function json(name) {
    const answer = await fetch(new URL(`data/${name}.json`, quotes));
    if (!answer.ok) throw new Error(`${name}.json: ${answer.status}`);
    return answer.json();
  }

  function chunk(at) {
    if (!chunks.has(at)) {
      const rows = json(`rows-${at + 1}`);
      rows.catch(() => chunks.delete(at)); // so that the next who asks tries again
      chunks.set(at, rows);
    }
    return chunks.get(at);
  }

  const row = async (at) => (await chunk(Math.floor(at / index.chunk)))[at % index.chunk];

  // Text for comparing: small letters without accents, signs as spaces; `from` tells where each letter stood.
  function folded(text) {
    let plain = " ";
    const from = [0];
    for (let at = 0; at < text.length; ) {
      const letter = String.fromCodePoint(text.codePointAt(at));
      const bare = letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
      for (const sign of bare) {
        const isWord = /[\p{L}\p{N}]/u.test(sign);
        if (!isWord && (plain.endsWith(" ") || /['’]/.test(sign))) continue;
        for (let unit = 0; unit < (isWord ? sign.length : 1); unit += 1) from.push(at);
        plain += isWord ? sign : " ";
      }
      at += letter.length;
    }
    return { plain: `${plain} `, from: [...from, text.length] };
  }

  // What must be found: phrases between quotation marks as they are, all other words each by its beginning.
  function wanted(words) {
    const phrases = [...words.matchAll(/["“”«»]([^"“”«»]+)["“”«»]/g)].map((found) => folded(found[1]).plain.trim());
    const rest = folded(words.replace(/["“”«»][^"“”«»]+["“”«»]/g, " ")).plain.trim();
    const whole = phrases.filter(Boolean).map((phrase) => ({ text: phrase, isWhole: true }));
    return [...whole, ...rest.split(" ").filter(Boolean).map((text) => ({ text, isWhole: false }))];
  }

  // Chinese, Japanese and Thai have no spaces between words; Korean adds to them. There any place will do.
  const isSpaced = (text) => !/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Hangul}]/u.test(text);

  function placeOf({ text, isWhole }, plain) {
    if (!isSpaced(text)) return plain.indexOf(text);
    const at = plain.indexOf(isWhole ? ` ${text} ` : ` ${text}`);
    return at < 0 ? -1 : at + 1;
  }

  function matches(wants, one) {
    const [, words, original] = one;
    if (!plains.has(one)) plains.set(one, [words, original].filter(Boolean).map((text) => folded(text).plain));
    return wants.every((want) => plains.get(one).some((plain) => placeOf(want, plain) >= 0));
  }

  // What is chosen

  function readAddress() {
    const query = new URLSearchParams(location.search);
    for (const name of Object.keys(index.facets)) {
      const known = new Map(index.facets[name].values.map(([value], at) => [value, at]));
      state.chosen[name] = new Set(query.getAll(name).filter((value) => known.has(value)).map((value) => known.get(value)));
    }
    state.words = query.get("q") ?? "";
    state.sort = SORTS.includes(query.get("sort")) ? query.get("sort") : SORTS[0];
    state.shown = history.state?.shown ?? STEP;
  }

  function address() {
    const query = new URLSearchParams();
    if (state.words.trim()) query.set("q", state.words.trim());
    for (const [name, chosen] of Object.entries(state.chosen))
      for (const at of chosen) query.append(name, index.facets[name].values[at][0]);
    if (state.sort !== SORTS[0]) query.set("sort", state.sort);
    return `${location.pathname}${query.toString() && `?${query}`}`;
  }

  function changed(way) {
    state.shown = STEP;
    history[way](null, "", address());
    refresh();
  }

  // Whoever comes back from a quote finds the list as long as it was, and the place in it.
  const remember = (top) => history.replaceState({ shown: state.shown, top }, "", location.href);

  // Rows that pass all facets but one: the counts beside the values of that one are of these.
  function passing(found, except) {
    const tests = Object.entries(state.chosen).filter(([name, chosen]) => chosen.size && name !== except);
    return found.filter((at) => tests.every(([name, chosen]) => index.facets[name].rows[at].some((value) => chosen.has(value))));
  }

  function ordered(rows) {
    if (state.sort === "oldest") return rows;
    if (state.sort === "newest") return [...rows.filter((at) => at < index.dated).reverse(), ...rows.filter((at) => at >= index.dated)];
    const { values, rows: own } = index.facets.speaker;
    const name = (at) => values[own[at][0]][1];
    return [...rows].sort((one, other) => compare(name(one), name(other)) || one - other);
  }

  const everything = () => Array.from({ length: index.count }, (_, at) => at);

  async function withWords(mine) {
    const wants = wanted(state.words);
    if (!wants.length) return everything();
    const found = [];
    for (let at = 0; at * index.chunk < index.count; at += 1) {
      for (let next = at; next < at + AHEAD && next * index.chunk < index.count; next += 1) chunk(next).catch(() => {});
      const rows = await chunk(at);
      if (mine !== turn) return null;
      rows.forEach((one, offset) => matches(wants, one) && found.push(at * index.chunk + offset));
      if (at % 10 === 9) parts.count.textContent = fill(said.explorer_searching, { done: number((at + 1) * index.chunk), all: number(index.count) });
    }
    return found;
  }

  function refresh() {
    const updated = update();
    const mine = turn;
    return updated.catch(() => mine === turn && tellFailure());
  }

  // A chunk could not be read: what is on the page is not what is chosen.
  function tellFailure() {
    parts.list.replaceChildren();
    parts.more.hidden = parts.empty.hidden = true;
    tell(said.explorer_failed);
  }

  function tell(text) {
    if (parts.count.textContent !== text) parts.count.textContent = text; // it is read aloud, once
  }

  const counted = (rows) => fill(said.explorer_count, { shown: number(rows.length), all: number(index.count) });

  async function update() {
    const mine = ++turn;
    const found = await withWords(mine);
    if (!found || mine !== turn) return;
    const rows = ordered(passing(found, ""));
    showFacets(found);
    showChips();
    tell(counted(rows));
    showWaysOut(rows.length ? null : found);
    await showRows(rows, mine);
  }

  // What is shown

  async function showRows(rows, mine) {
    const made = (from, to) => Promise.all(rows.slice(from, to).map(async (at) => shownRow(at, await row(at))));
    const shown = await made(0, state.shown);
    if (mine !== turn) return;
    parts.list.replaceChildren(...shown);
    parts.more.hidden = rows.length <= state.shown;
    let isAdding = false;
    const add = async () => {
      const isByHand = document.activeElement === parts.more;
      const added = await made(state.shown, state.shown + STEP);
      if (mine !== turn) return;
      state.shown += STEP;
      parts.list.append(...added);
      parts.more.hidden = rows.length <= state.shown;
      remember();
      tell(counted(rows));
      if (isByHand) added[0]?.querySelector("a").focus({ preventScroll: true });
    };
    parts.more.onclick = () => {
      if (isAdding) return;
      isAdding = true;
      add()
        .catch(() => tell(said.explorer_failed)) // the button stays, to try again
        .finally(() => (isAdding = false));
    };
  }

  function shownRow(at, [id, words, original, when]) {
    const link = element("a", { href: new URL(`${id}${suffix}`, quotes).href }, ...inQuotes(marked(words)));
    const [speaker, name] = index.facets.speaker.values[index.facets.speaker.rows[at][0]];
    const who = element("a", { href: new URL(`../actors/${speaker}${suffix}`, quotes).href }, name);
    const details = element("span", { class: "bb-details" }, element("bdi", {}, who), when && ` · ${when}`);
    const status = index.facets.status.rows[at][0];
    if (status !== undefined) {
      const [value, label] = index.facets.status.values[status];
      details.append(" ", element("span", { class: `bb-badge bb-badge--${value}` }, label));
    }
    const item = element("li", {}, link, details);
    const inOriginal = original ? marked(original) : [];
    if (inOriginal.some((part) => part instanceof Element)) item.append(element("span", { class: "bb-context" }, ...inOriginal));
    return item;
  }

  const inQuotes = (shown) => ["“", ...shown, "”"];

  // The words, cut to `WIDTH` around the first that was searched for, with <mark> around all of these.
  function marked(text) {
    const { plain, from } = folded(text);
    const spans = [];
    for (const want of wanted(state.words)) {
      for (let rest = 0; rest < plain.length; ) {
        const at = placeOf(want, rest ? plain.slice(rest) : plain);
        if (at < 0) break;
        const start = rest + at;
        spans.push([from[start], from[start + want.text.length] ?? text.length]);
        rest = start + want.text.length;
      }
    }
    spans.sort((one, other) => one[0] - other[0]);
    const [start, end] = window(text, spans[0]?.[0] ?? 0);
    const shown = [start ? "…" : ""];
    let at = start;
    for (const [left, right] of spans) {
      if (left < at || left >= end) continue;
      shown.push(text.slice(at, left), element("mark", {}, text.slice(left, right).trimEnd()), text.slice(left, right).endsWith(" ") ? " " : "");
      at = right;
    }
    return [...shown, text.slice(at, Math.max(at, end)), end < text.length ? "…" : ""].filter(Boolean);
  }

  function window(text, first) {
    if (text.length <= WIDTH) return [0, text.length];
    const start = first < WIDTH - 40 ? 0 : text.indexOf(" ", first - WIDTH / 2) + 1;
    const end = start + WIDTH >= text.length ? text.length : text.lastIndexOf(" ", start + WIDTH);
    return [start, end > start ? end : start + WIDTH];
  }

  function showFacets(found) {
    for (const [name, facet] of Object.entries(parts.facets)) {
      const counts = new Map();
      for (const at of passing(found, name))
        for (const value of index.facets[name].rows[at]) counts.set(value, (counts.get(value) ?? 0) + 1);
      const chosen = state.chosen[name];
      const many = ({ at }) => counts.get(at) ?? 0;
      const open = facet.values.filter((value) => many(value) || chosen.has(value.at));
      const ranked = name === "year" ? open : [...open].sort((one, other) => many(other) - many(one));
      const first = new Set(facet.isOpen ? open : ranked.slice(0, SHOWN_VALUES));
      for (const value of facet.values) {
        value.box.checked = chosen.has(value.at);
        value.count.textContent = number(many(value));
        // A value that the keyboard is at stays where it is.
        value.label.hidden = !first.has(value) && !value.box.checked && value.box !== document.activeElement;
      }
      facet.more.hidden = open.length <= SHOWN_VALUES;
      facet.more.textContent = facet.isOpen ? said.explorer_fewer : fill(said.explorer_all, { count: number(open.length) });
      facet.more.setAttribute("aria-expanded", facet.isOpen);
      facet.field.hidden = facet.values.every(({ label }) => label.hidden);
    }
  }

  function chip(words, name, act) {
    const made = element("button", { type: "button", class: "bb-chip", ...name }, words);
    made.addEventListener("click", () => {
      act();
      changed("pushState");
    });
    return made;
  }

  const chosenFacets = () => Object.entries(state.chosen).filter(([, chosen]) => chosen.size);
  const clearWords = () => (state.words = parts.field.value = "");

  function showChips() {
    const removable = (words, act) => chip(`${words} ×`, { "aria-label": fill(said.explorer_remove, { choice: words }) }, act);
    const chips = chosenFacets().flatMap(([name, chosen]) =>
      [...chosen].map((at) => removable(`${said[`explorer_${name}`]}: ${index.facets[name].values[at][1]}`, () => chosen.delete(at))),
    );
    if (state.words.trim()) chips.push(removable(`${said.explorer_words}: ${state.words.trim()}`, clearWords));
    const clear = chip(said.explorer_clear, { class: "bb-chip bb-chip--clear" }, () => {
      for (const chosen of Object.values(state.chosen)) chosen.clear();
      clearWords();
    });
    const held = [...parts.chips.children].indexOf(document.activeElement);
    parts.chips.replaceChildren(...chips, ...(chips.length ? [clear] : []));
    if (held >= 0) (chips[Math.min(held, chips.length - 1)] ?? parts.count).focus();
  }

  // When nothing is left: what gives quotes again, if this one choice goes.
  function showWaysOut(found) {
    const isHeld = parts.empty.contains(document.activeElement);
    parts.empty.hidden = !found;
    if (found) {
      const ways = chosenFacets().map(([name, chosen]) => [said[`explorer_${name}`], passing(found, name).length, () => chosen.clear()]);
      if (wanted(state.words).length) ways.push([said.explorer_words, passing(everything(), "").length, clearWords]);
      const buttons = ways
        .filter(([, count]) => count)
        .map(([choice, count, act]) => chip(fill(said.explorer_without, { choice, count: number(count) }), {}, act));
      parts.empty.replaceChildren(element("p", {}, said.explorer_none), element("div", { class: "bb-chips" }, ...buttons));
    }
    if (isHeld) parts.count.focus();
  }

  // How it is built

  function madeFacet(name) {
    const { values, rows } = index.facets[name];
    const totals = values.map(() => 0);
    for (const own of rows) for (const value of own) totals[value] += 1;
    const order = values.map((_, at) => at);
    const year = (at) => Number(values[at][0]) || -Infinity; // the undated come last
    if (name === "year") order.sort((one, other) => (year(other) > year(one) ? 1 : -1));
    else order.sort((one, other) => totals[other] - totals[one] || values[one][1].localeCompare(values[other][1]));
    const facet = { isOpen: false, more: element("button", { type: "button", class: "bb-facet-more" }) };
    facet.values = order.map((at) => {
      const box = element("input", { type: "checkbox", name, value: values[at][0] });
      const count = element("span", { class: "bb-facet-count" });
      const label = element("label", { class: "bb-facet-value" }, box, element("span", {}, values[at][1]), count);
      box.addEventListener("change", () => {
        state.chosen[name][box.checked ? "add" : "delete"](at);
        changed("pushState");
      });
      return { at, label, box, count };
    });
    facet.more.addEventListener("click", () => {
      facet.isOpen = !facet.isOpen;
      refresh();
    });
    const labels = facet.values.map(({ label }) => label);
    facet.field = element("fieldset", { class: "bb-facet" }, element("legend", {}, said[`explorer_${name}`]), ...labels, facet.more);
    return facet;
  }

  function build() {
    const field = element("input", { type: "search", id: "bb-explorer-words", placeholder: said.explorer_placeholder, autocomplete: "off" });
    let typing;
    field.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => {
        state.words = field.value;
        changed("replaceState");
      }, 200);
    });
    const sort = element("select", { id: "bb-explorer-sort" });
    sort.append(...SORTS.map((name) => element("option", { value: name }, said[`explorer_${name}`])));
    sort.addEventListener("change", () => {
      state.sort = sort.value;
      changed("pushState");
    });
    const facets = Object.fromEntries(Object.keys(index.facets).map((name) => [name, madeFacet(name)]));
    const panel = element("details", { class: "bb-facets", open: "" }, element("summary", {}, said.explorer_narrow), ...Object.values(facets).map((facet) => facet.field));
    const narrow = matchMedia("(max-width: 59.9375em)");
    panel.open = !narrow.matches;
    const count = element("p", { class: "bb-explorer-count", role: "status", tabindex: "-1" });
    const chips = element("div", { class: "bb-chips" });
    const empty = element("div", { hidden: "" });
    const list = element("ul");
    list.addEventListener("click", () => remember(scrollY));
    const more = element("button", { type: "button", class: "md-button bb-explorer-more", hidden: "" }, said.explorer_more);
    const head = element(
      "div",
      { class: "bb-explorer-head" },
      element("label", { for: field.id }, said.explorer_words),
      field,
      element("label", { for: sort.id }, said.explorer_sort),
      sort,
    );
    parts = { field, sort, facets, count, chips, empty, list, more };
    const results = element("div", { class: "bb-explorer-results" }, count, chips, empty, element("div", { class: "bb-list" }, list), more);
    return element("div", { class: "bb-explorer" }, head, element("div", { class: "bb-explorer-body" }, panel, results));
  }

  function show() {
    readAddress();
    parts.field.value = state.words;
    parts.sort.value = state.sort;
  }

  async function start() {
    page = document.querySelector(".bb-page");
    said = JSON.parse(document.getElementById("bb-words").textContent);
    let explorer;
    try {
      index = await json("index");
      explorer = build();
      show();
      await update();
    } catch {
      return; // from file://, say: the plain list stays
    }
    const rest = [...page.children].filter((child) => !child.matches("h1, p:not(.bb-pager)"));
    for (const child of rest) child.hidden = true;
    page.append(explorer);
    const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if (isBack && history.state?.top) scrollTo({ top: history.state.top, behavior: "instant" });
    addEventListener("popstate", () => {
      show();
      refresh();
    });
    new IntersectionObserver(([entry]) => entry.isIntersecting && !parts.more.hidden && document.activeElement !== parts.more && parts.more.click(), {
      rootMargin: "400px",
    }).observe(parts.more);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
