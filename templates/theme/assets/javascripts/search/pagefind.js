// Pagefind as our search asks it: its interface loads this in place of Pagefind's own module, and finds the same functions.
import { createInstance as create } from "../../../pagefind/pagefind.js";

// Pages that Pagefind ranks in half a second: it compares each page with each other that has the words.
const MOST = 6000;
const NOWHERE = { nowhere: "1" }; // a filter that there is not: nothing is ranked, but all is counted
const FIRST = { first: "1" }; // pages of actors (partials/content.html)
let loadFilters = () => {};

// Filters are a tenth of what a first query loads, and few readers narrow what they found.
export function wantFilters() {
  return loadFilters();
}

export function createInstance(options) {
  const pages = create(options);
  let areWanted = false;
  let turns = 0;
  let common = null;
  loadFilters = () => {
    areWanted = true;
    return pages.filters();
  };

  async function search(words, asked = {}) {
    const turn = ++turns;
    const quoted = words?.match(/^\s*"(.+)"\s*$/)?.[1];
    if (quoted) return searchPhrase(quoted, asked);
    if (!words || Object.values(asked.filters ?? {}).some((values) => values.length)) return pages.search(words, asked);
    const { unfilteredResultCount: count } = await pages.search(words, { ...asked, filters: NOWHERE });
    if (turn !== turns) return null; // more was typed meanwhile
    const first = count > MOST ? await pages.search(words, { ...asked, filters: FIRST }) : null;
    if (!first?.results.length) return pages.search(words, asked);
    return { ...first, filters: first.totalFilters, results: withRest(first.results, count, () => pages.search(words, asked)) };
  }

  async function searchPhrase(phrase, asked) {
    common ??= await commonWords();
    const pairs = inPairs(phrase, common);
    if (!pairs) return pages.search(`"${phrase}"`, asked);
    const found = await pages.search(`"${pairs}"`, asked);
    return { ...found, results: found.results.map(markLast) };
  }

  return { ...pages, search, filters: async () => (areWanted ? pages.filters() : {}) };
}

// Words that are on most pages, as they are spelled. The index has but one place of each on a page, and with them pairs of
// words, each as a word of its own (generator/phrases.py).
async function commonWords() {
  const entry = await fetch(new URL("../../../pagefind/pagefind-entry.json", import.meta.url), { cache: "no-cache" });
  const { languages } = await entry.json();
  const language = document.documentElement.lang.toLowerCase();
  const [largest] = Object.values(languages).sort((one, other) => other.page_count - one.page_count);
  const index = languages[language] ?? languages[language.split("-")[0]] ?? largest; // as Pagefind takes it
  return new Set(Object.values(index?.common ?? {}).flat());
}

// What to ask for in place of a phrase with such words: pairs where there are any, and words between them; the last word is
// in the last pair, or none of it is common.
function inPairs(phrase, common) {
  const words = phrase.split(/\s+/).filter((word) => spell(word));
  const spelled = words.map(spell);
  const isPair = spelled.slice(1).map((word, at) => common.has(word) || common.has(spelled[at]));
  if (!isPair.includes(true)) return null;
  const asked = isPair.map((is, at) => (is ? pair(spelled[at], spelled[at + 1]) : words[at]));
  return [...asked, ...(isPair.at(-1) ? [] : words.slice(-1))].join(" ");
}

function spell(word) {
  const letters = word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return letters.replace(/[^\p{L}\p{N}]+/gu, "~").replace(/^~|~$/g, "");
}

function pair(first, second) {
  const bytes = new TextEncoder().encode(`${first} ${second}`);
  return `_${Array.from(bytes, (byte) => String(byte).padStart(3, "0")).join("")}`;
}

// A pair is marked where its first word is.
function markLast(result) {
  const data = async () => {
    const page = await result.data();
    return { ...page, excerpt: page.excerpt.replace(/<\/mark> (?!<mark>)(\S+)/g, "</mark> <mark>$1</mark>") };
  };
  return { ...result, data };
}

// Results as many as there are, of which those after the first are ranked when one of them is asked for.
function withRest(first, count, rank) {
  let rest = null;
  const ranked = async () => {
    const ids = new Set(first.map(({ id }) => id));
    return (await rank()).results.filter(({ id }) => !ids.has(id));
  };
  const later = (at) => ({ data: async () => (await (rest ??= ranked()))[at - first.length].data() });
  return Array.from({ length: count }, (_, at) => first[at] ?? later(at));
}
