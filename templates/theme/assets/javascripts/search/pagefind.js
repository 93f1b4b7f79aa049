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
  let full = null;
  let areWanted = false;
  let turns = 0;
  loadFilters = () => {
    areWanted = true;
    return pages.filters();
  };

  async function search(words, asked = {}) {
    const turn = ++turns;
    if (/^\s*".+"\s*$/.test(words ?? "")) {
      full ??= createFull(options);
      if (areWanted) await full.filters();
      return full.search(words, asked);
    }
    if (!words || Object.values(asked.filters ?? {}).some((values) => values.length)) return pages.search(words, asked);
    const { unfilteredResultCount: count } = await pages.search(words, { ...asked, filters: NOWHERE });
    if (turn !== turns) return null; // more was typed meanwhile
    const first = count > MOST ? await pages.search(words, { ...asked, filters: FIRST }) : null;
    if (!first?.results.length) return pages.search(words, asked);
    return { ...first, filters: first.totalFilters, results: withRest(first.results, count, () => pages.search(words, asked)) };
  }

  return { ...pages, search, filters: async () => (areWanted ? pages.filters() : {}) };
}

// Of a word that is on most pages, the index has but one place on each (generator/settle.py). Text between quotation marks is
// looked up in another that has all: the same files for most words, under a language of its own.
function createFull(options) {
  const root = document.documentElement;
  const language = root.lang;
  root.lang = `${language}-x-full`; // Pagefind takes it from here alone
  const full = create(options);
  root.lang = language;
  return full;
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
