// Makes the picture of a page answer: zoom, drag, filters, keys. It is loaded on the three pages of pictures alone. The
// picture is there without it, as an image, and so are the words below it.
(() => {
  const script = document.currentScript;
  const { picture, suffix } = script.dataset;
  const base = new URL(script.dataset.base, document.baseURI);
  const SVG = "http://www.w3.org/2000/svg";
  const STEP = 1.6; // of a zoom by button or key
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const said = JSON.parse(document.getElementById("bb-words").textContent);
  const { lang } = document.documentElement;
  const language = !lang || lang === "en" ? "en-GB" : lang; // dates as the pages have them

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
  const address = (key) => new URL(key + suffix, base).href;
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function shape(name, attributes = {}, ...children) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function set(node, attributes) {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  }

  // What the reader chose is in the address, so that it can be shared; what is not chosen is not in it.
  const chosen = {
    get: (name) => new URLSearchParams(location.search).get(name) ?? "",
    set(name, value) {
      const all = new URLSearchParams(location.search);
      if (value) all.set(name, value);
      else all.delete(name);
      history.replaceState(null, "", `${location.pathname}${all.size ? `?${all}` : ""}${location.hash}`);
    },
  };

  // The frame that all three pictures have: fields, buttons, the stage, a line that says what is shown, and the legend.
  function frame(figure, root) {
    const image = figure.querySelector("img");
    const fields = element("form", { class: "bb-fields", "aria-label": said.picture_fields });
    const buttons = element("div", { class: "bb-buttons", role: "group", "aria-label": said.picture_buttons });
    const hint = element("p", { class: "bb-hint", id: "bb-picture-hint" }, said.picture_hint);
    const svg = shape("svg", { class: root.getAttribute("class"), role: "group", "aria-label": image.alt });
    const stage = element("div", { class: "bb-stage", tabindex: "0", role: "group", "aria-label": image.alt, "aria-describedby": "bb-picture-hint" }, svg);
    stage.append(nameOf(stage));
    const status = element("p", { class: "bb-status-line", role: "status" });
    const legend = element("ul", { class: "bb-legend", "aria-label": said.picture_legend });
    for (const entry of root.querySelectorAll(".p-key")) {
      entry.removeAttribute("transform");
      const wide = Number(entry.dataset.width);
      legend.append(element("li", {}, shape("svg", { class: "bb-svg", width: wide, height: 20, viewBox: `-1 -10 ${wide} 20`, role: "img", "aria-label": entry.textContent.trim() }, entry)));
    }
    fields.addEventListener("submit", (event) => event.preventDefault());
    const skip = element("a", { class: "bb-skip", href: "#in-words" }, said.picture_skip);
    const holder = image.closest("p") ?? image;
    holder.replaceWith(skip, fields, buttons, stage, status, ...(legend.children.length ? [legend] : []), hint);
    figure.classList.add("is-live");
    let timer = 0;
    const tell = (text) => {
      clearTimeout(timer);
      timer = setTimeout(() => (status.textContent = text), 150);
    };
    return { figure, fields, buttons, svg, stage, tell };
  }

  // Where no element can say so: words that are read from right to left do not turn round what stands beside them.
  const TURNING = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
  const isolated = (words) => (TURNING.test(words) ? `\u2068${words}\u2069` : words);

  // The whole name of what the pointer or the focus is on, in a corner: beside the mark it would cover others. The
  // stage listens, here and below: Chromium lets Tab stop at any part of an SVG that listens to the focus.
  function nameOf(stage) {
    const name = element("p", { class: "bb-name", "aria-hidden": "true", hidden: "" });
    const show = ({ target }) => {
      const link = target.closest("a");
      name.hidden = !link;
      name.textContent = link?.getAttribute("aria-label") ?? "";
    };
    for (const start of ["mouseover", "focusin"]) stage.addEventListener(start, show);
    for (const end of ["mouseleave", "focusout"]) stage.addEventListener(end, () => (name.hidden = true));
    return name;
  }

  function select(view, name, label, options, onChange, none = said.picture_all) {
    const list = element("select", { name }, element("option", { value: "" }, none));
    for (const [value, text] of options) list.append(element("option", { value }, text));
    const wanted = chosen.get(name);
    if (options.some(([value]) => value === wanted)) list.value = wanted;
    list.addEventListener("change", () => {
      chosen.set(name, list.value);
      onChange();
    });
    if (options.length) view.fields.append(element("label", {}, element("span", {}, label), list));
    return list;
  }

  // Zoom by wheel only with Ctrl or Command, and by one finger only when it moves sideways: the page stays free to scroll.
  function zoomable(view, zoom) {
    const target = d3.select(view.svg);
    zoom.filter((event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey : !event.button));
    target.call(zoom).on("dblclick.zoom", null);
    let from = null;
    view.stage.addEventListener("touchstart", ({ touches }) => (from = touches.length === 1 ? { x: touches[0].clientX, y: touches[0].clientY, way: "" } : null), { capture: true, passive: true });
    view.stage.addEventListener(
      "touchmove",
      (event) => {
        if (!from) return;
        const x = Math.abs(event.touches[0].clientX - from.x);
        const y = Math.abs(event.touches[0].clientY - from.y);
        if (!from.way && x + y > 6) from.way = y > x ? "page" : "picture";
        if (from.way !== "picture") event.stopPropagation();
      },
      { capture: true, passive: true },
    );
    const moving = () => (isStill ? target : target.transition().duration(180));
    return {
      by: (factor) => zoom.scaleBy(moving(), factor),
      pan: (x, y) => zoom.translateBy(moving(), x / d3.zoomTransform(view.svg).k, y / d3.zoomTransform(view.svg).k),
      to: (transform) => zoom.transform(target, transform),
      centre: (x, y) => zoom.translateTo(target, x, y),
    };
  }

  function controls(view, acts, reset, ways) {
    const far = () => view.stage.clientWidth / 4;
    const all = {
      picture_left: ["←", () => acts.pan(far(), 0), ["ArrowLeft"]],
      picture_right: ["→", () => acts.pan(-far(), 0), ["ArrowRight"]],
      picture_up: ["↑", () => acts.pan(0, far()), ["ArrowUp"]],
      picture_down: ["↓", () => acts.pan(0, -far()), ["ArrowDown"]],
      picture_out: ["−", () => acts.by(1 / STEP), ["-", "_"]],
      picture_in: ["+", () => acts.by(STEP), ["+", "="]],
      picture_reset: ["⟲", reset, ["0"]],
    };
    const used = Object.entries(all).filter(([name]) => ways.includes(name) || !/(left|right|up|down)$/.test(name));
    for (const [name, [sign, act]] of used) {
      const button = element("button", { type: "button", "aria-label": said[name], title: said[name] }, element("span", { "aria-hidden": "true" }, sign));
      button.addEventListener("click", act);
      view.buttons.append(button);
    }
    view.stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const found = used.find(([, [, , keys]]) => keys.includes(event.key));
      if (!found) return;
      event.preventDefault();
      found[1][1]();
    });
  }

  function onResize(view, act) {
    let last = view.stage.clientWidth;
    new ResizeObserver(() => {
      if (view.stage.clientWidth && view.stage.clientWidth !== last) act((last = view.stage.clientWidth));
    }).observe(view.stage);
  }

  // The network and the map: a ground that grows with the zoom, and marks on it that keep their size, so that what lies
  // close together comes apart. Labels that have no room are left out until they have.
  function scene(view, root, box, world, room) {
    const ground = root.querySelector(".p-ground");
    const items = [...root.querySelectorAll(".p-item")].map((link) => ({
      link,
      key: link.dataset.key,
      x: Number(link.dataset.x),
      y: Number(link.dataset.y),
      full: Number(link.dataset.r),
      mark: link.querySelector("circle, rect, path"),
      text: link.querySelector("text"),
    }));
    const holder = root.querySelector(".p-items");
    items.sort((one, other) => one.y - other.y || one.x - other.x); // the order in which Tab goes
    holder.append(...items.map((item) => item.link));
    view.svg.append(ground, holder);
    for (const item of items) {
      set(item.link, { href: address(item.key), "aria-label": item.link.querySelector("title").textContent, tabindex: 0 });
      item.text.removeAttribute("display");
      item.wide = item.text.getComputedTextLength();
    }
    const ranked = [...items].sort((one, other) => other.full - one.full || one.x - other.x);
    let wide = 0;
    let tall = 0;
    let moved = false;
    const fit = () => {
      const k = Math.min((wide - 2 * room) / box[2], (tall - room) / box[3]);
      return d3.zoomIdentity.translate(wide / 2 - k * (box[0] + box[2] / 2), tall / 2 - k * (box[1] + box[3] / 2)).scale(k);
    };
    const zoom = d3.zoom().on("zoom", ({ transform, sourceEvent }) => {
      moved ||= Boolean(sourceEvent);
      draw(transform);
    });
    const acts = zoomable(view, zoom);

    function size(now = view.stage.clientWidth) {
      wide = now;
      tall = Math.round(clamp((wide * box[3]) / box[2], 340, Math.max(380, innerHeight * 0.75)));
      set(view.svg, { viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall });
      const whole = Math.min(wide / world[2], tall / world[3]);
      zoom.extent([[0, 0], [wide, tall]]).scaleExtent([Math.min(whole, fit().k) * 0.95, fit().k * 16]);
      zoom.translateExtent([[world[0] - world[2] / 2, world[1] - world[3] / 2], [world[0] + world[2] * 1.5, world[1] + world[3] * 1.5]]);
    }

    function draw(transform) {
      ground.setAttribute("transform", transform);
      const size = clamp(Math.sqrt(transform.k / (1000 / box[2])), 0.5, 1); // on a phone marks start small
      for (const item of items) {
        [item.at, item.down] = transform.apply([item.x, item.y]);
        item.link.setAttribute("transform", `translate(${item.at.toFixed(1)} ${item.down.toFixed(1)})`);
        item.r = item.full * size;
        item.mark.setAttribute("transform", `scale(${size.toFixed(2)})`);
        item.isIn = item.at >= 0 && item.at <= wide && item.down >= 0 && item.down <= tall;
      }
      label(ranked.filter((item) => item.isIn), wide, tall);
      view.onDraw?.(items);
    }

    view.stage.addEventListener("focusin", ({ target }) => {
      const item = items.find(({ link }) => link === target.closest(".p-item"));
      if (item && !item.isIn) acts.centre(item.x, item.y);
    });
    const reset = () => acts.to(fit());
    size();
    reset();
    controls(view, { ...acts, by: (factor) => ((moved = true), acts.by(factor)), pan: (x, y) => ((moved = true), acts.pan(x, y)) }, () => ((moved = false), reset()), ["picture_left", "picture_right", "picture_up", "picture_down"]);
    onResize(view, (now) => {
      const before = d3.zoomTransform(view.svg);
      const centre = before.invert([wide / 2, tall / 2]);
      size(now);
      if (!moved) return reset();
      return acts.to(d3.zoomIdentity.translate(wide / 2 - before.k * centre[0], tall / 2 - before.k * centre[1]).scale(before.k));
    });
    return { items, redraw: () => draw(d3.zoomTransform(view.svg)) };
  }

  // The first choose first: below their mark, above, or beside; who has no room shows its label when it is pointed at.
  function label(items, wide, tall) {
    const taken = [];
    const free = (box, own) =>
      box[0] >= 0 && box[2] <= wide && box[1] >= 0 && box[3] <= tall &&
      !taken.some((other) => overlap(box, other)) &&
      !items.some((item) => item !== own && overlap(box, [item.at - item.r, item.down - item.r, item.at + item.r, item.down + item.r]));
    for (const item of items) {
      const { at, down, r, wide: w } = item;
      const choices = [
        ["middle", 0, r + 13, at - w / 2],
        ["middle", 0, -r - 5, at - w / 2],
        ["start", r + 5, 4.5, at + r + 5],
        ["end", -r - 5, 4.5, at - r - 5 - w],
      ].map(([anchor, x, y, left]) => ({ anchor, x, y, box: [left, down + y - 11, left + w, down + y + 3] }));
      const found = choices.find(({ box }) => free(box, item));
      const { anchor, x, y, box } = found ?? choices[0];
      set(item.text, { "text-anchor": anchor, x, y });
      item.text.classList.toggle("is-mute", !found);
      if (found) taken.push(box);
    }
  }

  const overlap = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

  function showMap(view, root) {
    const box = root.dataset.box.split(" ").map(Number);
    view.onDraw = (items) => view.tell(fill(said.map_shown, { shown: items.filter((item) => item.isIn).length, count: items.length }));
    scene(view, root, box, [0, 0, 1000, 520], 0);
  }

  function showNetwork(view, root) {
    const edges = [...root.querySelectorAll(".p-edge[data-one]")].map((path) => ({
      path,
      ends: [path.dataset.one, path.dataset.other],
      kind: path.dataset.kind,
      years: path.dataset.years.split(" ").map((part) => part.split(":")),
      isIn: true,
    }));
    const [, , wide, tall] = root.getAttribute("viewBox").split(" ").map(Number);
    const box = [0, 0, wide, tall - 30];
    const { items } = scene(view, root, box, box, 8);
    const years = [...new Set(edges.flatMap((edge) => edge.years.map(([year]) => year)))].filter(Boolean).map(Number).sort((a, b) => a - b);
    const range = { from: years[0], to: years.at(-1) };
    const names = Object.fromEntries(items.map((item) => [item.key.split("/").at(-1), item]));
    const kinds = {};

    function show() {
      const tied = new Set();
      for (const edge of edges) {
        const ties = edge.years.filter(([year]) => !year || (year >= range.from && year <= range.to)).reduce((sum, [, count]) => sum + Number(count), 0);
        edge.isIn = ties > 0 && kinds[edge.kind].checked;
        edge.path.classList.toggle("is-out", !edge.isIn);
        edge.path.setAttribute("stroke-width", Math.min(5, 0.9 + 0.4 * Math.max(1, ties)));
        if (edge.isIn) edge.ends.forEach((key) => tied.add(key));
      }
      for (const item of items) item.link.classList.toggle("is-faint", !tied.has(item.key));
      light(names[focus.value]?.key);
      const shown = edges.filter((edge) => edge.isIn).length;
      view.tell(fill(years.length > 1 ? said.network_shown : said.network_shown_all, { actors: tied.size, all: items.length, ties: shown, first: range.from, last: range.to }));
    }

    function light(key) {
      view.svg.classList.toggle("has-lit", Boolean(key));
      const near = new Set([key]);
      for (const edge of edges) {
        const isLit = edge.isIn && edge.ends.includes(key);
        edge.path.classList.toggle("is-lit", isLit);
        if (isLit) edge.ends.forEach((end) => near.add(end));
      }
      for (const item of items) item.link.classList.toggle("is-lit", near.has(item.key));
    }

    const options = Object.entries(names).map(([id, item]) => [id, item.link.querySelector("text").textContent]).sort((a, b) => a[1].localeCompare(b[1], language));
    const focus = select(view, "focus", said.network_focus, options, () => light(names[focus.value]?.key), said.network_nobody);
    const checks = element("fieldset", { class: "bb-checks" }, element("legend", {}, said.network_kinds));
    const used = new Set(edges.map((edge) => edge.kind));
    for (const kind of ["together", "quoted", "part"].filter((name) => used.has(name))) {
      kinds[kind] = element("input", { type: "checkbox", name: kind });
      kinds[kind].checked = chosen.get(kind) !== "no";
      kinds[kind].addEventListener("change", () => {
        chosen.set(kind, kinds[kind].checked ? "" : "no");
        show();
      });
      checks.append(element("label", {}, kinds[kind], element("span", {}, said[`network_${kind}`])));
    }
    view.fields.append(checks);
    if (years.length > 1) view.fields.append(yearRange(range, years, show));
    for (const [start, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
      view.stage.addEventListener(start, ({ target }) => {
        const link = target.closest(".p-item");
        if (link) light(link.dataset.key);
      });
      view.stage.addEventListener(end, () => light(names[focus.value]?.key));
    }
    show();
  }

  function yearRange(range, years, onChange) {
    const [least, most] = [years[0], years.at(-1)];
    const group = element("fieldset", { class: "bb-years" }, element("legend", {}, said.network_years));
    const inputs = {};
    for (const end of ["from", "to"]) {
      const input = (inputs[end] = element("input", { type: "range", min: least, max: most, step: 1, name: end }));
      const told = element("b", { "aria-hidden": "true" }); // the field says its value itself
      const wanted = Number(chosen.get(end));
      if (wanted >= least && wanted <= most) range[end] = wanted;
      input.addEventListener("input", () => {
        range[end] = Number(input.value);
        if (range.from > range.to) range[end === "from" ? "to" : "from"] = range[end];
        update();
        onChange();
      });
      inputs[`${end}-told`] = told;
      group.append(element("label", {}, element("span", {}, said[`network_${end}`]), input, told));
    }
    const update = () => {
      for (const end of ["from", "to"]) {
        inputs[end].value = range[end];
        inputs[`${end}-told`].textContent = range[end];
        chosen.set(end, range[end] === (end === "from" ? least : most) ? "" : String(range[end]));
      }
    };
    if (range.from > range.to) range.from = range.to;
    update();
    return group;
  }

  const DAY = 86400000;
  const LANE = 24; // pixels
  const HEAD = 30;
  const MOST_LANES = 24;
  const MERGE = 9; // pixels: quotes nearer to each other than this share a mark

  function showTimeline(view, root, data) {
    const items = data.items.map(itemOf);
    const days = items.flatMap((item) => [item.start, item.end]).filter(Number.isFinite);
    const first = data.window.map(Date.parse);
    const whole = [Math.min(first[0], Math.min(...days) - 20 * DAY), Math.max(first[1], Math.max(...days) + 20 * DAY)];
    const axis = shape("g", { "aria-hidden": "true" });
    const holder = shape("g", { class: "p-items" });
    view.svg.append(root.querySelector("defs"), axis, holder);
    holder.append(...items.map(drawItem));
    const pen = document.createElement("canvas").getContext("2d");
    const flat = d3.scaleUtc().domain(whole);
    let wide = 0;
    let lanes = 8;
    let packedFor = "";
    let hidden = 0;
    const zoom = d3.zoom().on("zoom", ({ transform }) => draw(transform));
    const acts = zoomable(view, zoom);
    const names = { actor: data.actors, type: data.types, topic: data.topics };
    const lists = {};
    for (const name of Object.keys(names)) lists[name] = select(view, name, said[`timeline_${name}`], Object.entries(names[name]), filter);

    // Beside each choice stands how many there would be with it and what is chosen in the other two lists.
    function filter() {
      const fits = (item, except) => Object.entries(lists).every(([name, list]) => name === except || !list.value || item[name].includes(list.value));
      for (const item of items) item.isWanted = fits(item);
      for (const [name, list] of Object.entries(lists)) {
        const others = items.filter((item) => fits(item, name));
        for (const option of list.options) {
          const count = option.value ? others.filter((item) => item[name].includes(option.value)).length : others.length;
          option.textContent = `${isolated(names[name][option.value] ?? said.picture_all)} (${count})`;
        }
      }
      packedFor = "";
      draw(d3.zoomTransform(view.svg));
    }

    // Depends on the scale alone, not on what is in view: so nothing changes its lane while the reader drags.
    function pack(k) {
      const at = (day) => flat(day) * k;
      const wanted = items.filter((item) => item.isWanted);
      pen.font = `12px ${getComputedStyle(view.stage).fontFamily}`;
      for (const item of wanted) measure(item, at, wide * k, wide < 500 ? 26 : 56, pen);
      let packed = inLanes(wanted, false);
      if (packed.left.length) packed = inLanes([...wanted].sort((one, other) => other.links - one.links), true);
      lanes = Math.max(lanes, packed.lanes);
      hidden = packed.left.length;
    }

    function size(now) {
      wide = now;
      flat.range([0, wide]);
      const most = Math.max(1, (whole[1] - whole[0]) / (14 * DAY));
      zoom.extent([[0, 0], [wide, 400]]).translateExtent([[0, -Infinity], [wide, Infinity]]).scaleExtent([1, most]);
      packedFor = "";
    }

    function show([from, to]) {
      const k = wide / (flat(to) - flat(from));
      acts.to(d3.zoomIdentity.scale(k).translate(-flat(from), 0));
    }

    function draw(transform) {
      const scale = transform.rescaleX(flat);
      const wantedFor = `${transform.k.toFixed(5)} ${wide}`;
      if (wantedFor !== packedFor) pack(transform.k);
      packedFor = wantedFor;
      const tall = HEAD + lanes * LANE + 8;
      set(view.svg, { viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall });
      drawTicks(axis, scale, wide, tall);
      let shown = 0;
      for (const item of items) {
        const isIn = item.isWanted && item.lane >= 0 && item.bare[1] + transform.x > 0 && item.bare[0] + transform.x < wide;
        const isHeld = item.group.contains(document.activeElement); // what has the focus keeps it
        item.group.classList.toggle("is-out", !isIn && !isHeld);
        if (isIn) place(item, scale, wide);
        shown += isIn;
      }
      const [from, to] = scale.domain();
      const format = formatOf(to - from < 400 * DAY ? "day" : "year");
      const values = { shown, count: items.filter((item) => item.isWanted).length, first: format.format(from), last: format.format(to) };
      view.tell(fill(said.timeline_shown, values) + (hidden ? ` ${fill(said.timeline_hidden, { count: hidden })}` : ""));
    }

    view.stage.addEventListener("focusin", ({ target }) => {
      const item = items.find(({ group }) => group.contains(target));
      if (!item) return;
      const { x } = d3.zoomTransform(view.svg);
      if (item.bare[1] + x < 0 || item.bare[0] + x > wide) acts.centre(flat(item.left), 0);
    });
    size(view.stage.clientWidth);
    filter();
    show(first);
    controls(view, acts, () => show(first), ["picture_left", "picture_right"]);
    onResize(view, (now) => {
      const before = d3.zoomTransform(view.svg).rescaleX(flat).domain().map(Number);
      size(now);
      show(before);
    });
  }

  function itemOf(row) {
    const day = (text) => (text ? Date.parse(text) : NaN);
    const item = { ...row, start: day(row.start), end: day(row.end) + (row.end === row.start ? 0 : DAY), sureFrom: day(row.from), sureTo: day(row.to) };
    return Object.assign(item, {
      links: row.links ?? 0,
      actor: row.actors ?? [],
      topic: row.topics ?? [],
      type: [row.type ?? ""],
      doubt: row.doubt ?? "",
      left: [item.start, item.sureTo, item.end].find(Number.isFinite),
      isPoint: item.start === item.end,
      isQuote: row.type === "quote",
      isWanted: true,
      marks: (row.said ?? []).map(([on, key, title]) => ({ day: day(on), key, title })).sort((one, other) => one.day - other.day),
    });
  }

  // A link with the mark of the event and its name, and after it one for each quote that was said there.
  function drawItem(item) {
    item.link = shape("a", { class: "p-item", href: address(item.key), "aria-label": `${isolated(item.title)}, ${item.when}` }, shape("title", {}, `${item.title}\n${item.when}`));
    if (item.isPoint) {
      item.point = item.isQuote ? shape("path", { class: "p-said", d: "M0 -6l6 6l-6 6l-6 -6z" }) : shape("circle", { class: `p-${item.doubt || "bar"}`, r: 5 });
      item.link.append(item.point);
    } else {
      const fades = !Number.isFinite(item.start) ? "start" : !Number.isFinite(item.end) ? "end" : "";
      item.bar = shape("rect", { rx: 2, ...(fades ? { fill: `url(#bb-fade-${fades})` } : { class: `p-${item.doubt || "vague"}` }) });
      item.sure = shape("rect", { class: "p-bar", rx: 2 });
      item.link.append(item.bar, item.sure);
    }
    item.text = shape("text", { class: "p-halo", "font-size": 12 });
    item.link.append(item.text);
    item.link.prepend((item.hit = shape("rect", { class: "p-hit", y: -11, height: 22 })));
    item.group = shape("g", {}, item.link);
    for (const mark of item.marks) {
      mark.name = shape("title");
      mark.count = shape("text", { class: "p-small p-halo", x: 5, y: -5, "font-size": 10 });
      mark.hit = shape("rect", { class: "p-hit", x: -5, y: -14, height: 13 });
      mark.link = shape("a", { class: "p-mark", href: address(item.key) }, mark.name, mark.hit, shape("path", { class: "p-said", d: "M0 -5l3.5 -7h-7z" }), mark.count);
      item.group.append(mark.link);
    }
    return item.group;
  }

  // Between a mark and its label; a number of quotes stands there too.
  const gapOf = (item) => (item.isPoint ? 9 : 5) + (item.marks.length > 1 ? 5 : 0);

  // How far a mark and its label reach at this scale; the label stands above a long bar, or beside a short one.
  function measure(item, at, edge, cut, pen) {
    const from = Number.isFinite(item.start) ? at(item.start) : 0;
    const to = Math.max(Number.isFinite(item.end) ? at(item.end) : edge, from);
    const words = item.title.length > cut ? `${item.title.slice(0, cut).trimEnd()}…` : item.title;
    if (item.words !== words) {
      item.words = item.text.textContent = words;
      item.reach = pen.measureText(words).width;
    }
    const gap = gapOf(item);
    const end = item.isPoint ? to : Math.max(to, from + 6);
    item.isInside = !item.isPoint && end - from > item.reach + 20;
    item.isLeft = !item.isInside && end + gap + item.reach > edge;
    item.bare = [from - gap, end + gap];
    item.span = [item.isLeft ? from - gap - item.reach - 8 : item.bare[0], item.isLeft || item.isInside ? item.bare[1] : end + gap + item.reach + 8];
  }

  // Lanes from the top, with labels; of those that find no room so, the marks alone; who finds none at all is left.
  function inLanes(order, withBare) {
    const taken = [];
    const put = (item, span, isBare) => {
      let lane = taken.findIndex((spans) => spans.every(([from, to]) => span[1] <= from || to <= span[0]));
      if (lane < 0 && taken.length < MOST_LANES) lane = taken.push([]) - 1;
      Object.assign(item, { lane, isBare });
      if (lane >= 0) taken[lane].push(span);
      return lane >= 0;
    };
    let left = order.filter((item) => !put(item, item.span, false));
    if (withBare) left = left.filter((item) => !put(item, item.bare, true));
    return { left, lanes: taken.length };
  }

  function place(item, scale, wide) {
    item.group.setAttribute("transform", `translate(0 ${HEAD + item.lane * LANE + 12})`);
    const x = (day, open) => clamp(Number.isFinite(day) ? scale(day) : open, -20, wide + 20);
    const from = x(item.start, -20);
    const to = Math.max(x(item.end, wide + 20), from + (item.isPoint ? 0 : 6));
    if (item.point) item.point.setAttribute("transform", `translate(${from.toFixed(1)} 0)`);
    else {
      const thick = item.isInside ? { y: 4, height: 6 } : { y: -4, height: 8 };
      set(item.bar, { x: from.toFixed(1), width: (to - from).toFixed(1), ...thick });
      const sure = [item.sureFrom, item.sureTo].map((day) => x(day, NaN));
      set(item.sure, { x: sure[0] || 0, width: Math.max(0, sure[1] - sure[0]) || 0, ...thick });
    }
    item.text.classList.toggle("is-mute", item.isBare);
    const gap = gapOf(item);
    if (item.isInside) set(item.text, { x: clamp(from, 4, Math.max(4, to - item.reach)).toFixed(1), y: 0, "text-anchor": "start" });
    else set(item.text, { x: (item.isLeft ? from - gap : to + gap).toFixed(1), y: 4, "text-anchor": item.isLeft ? "end" : "start" });
    const label = item.isBare || item.isInside ? 0 : gap + item.reach;
    const reach = [from - (item.isLeft ? label : 0) - 5, to + (item.isLeft ? 0 : label) + 5];
    set(item.hit, { x: reach[0].toFixed(1), width: (reach[1] - reach[0]).toFixed(1) });
    placeMarks(item, scale);
  }

  function placeMarks(item, scale) {
    let at = -Infinity;
    let leader = null;
    for (const mark of item.marks) {
      const x = scale(mark.day);
      const isMore = leader && x - at < MERGE;
      mark.link.classList.toggle("is-out", isMore);
      if (isMore) leader.all += 1;
      else {
        at = x;
        leader = mark;
        mark.all = 1;
        mark.link.setAttribute("transform", `translate(${x.toFixed(1)} ${item.isInside ? 6 : 0})`);
      }
    }
    for (const mark of item.marks.filter(({ link }) => !link.classList.contains("is-out"))) {
      const name = mark.all > 1 ? fill(said.timeline_quotes, { count: mark.all, title: isolated(item.title) }) : mark.title;
      mark.name.textContent = name;
      mark.count.textContent = mark.all > 1 ? mark.all : "";
      mark.hit.setAttribute("width", mark.all > 1 ? 20 : 10); // between the mark and its number too
      set(mark.link, { href: mark.all > 1 ? `${address(item.key)}#quotes-said-there` : address(mark.key), "aria-label": name });
    }
  }

  const formatOf = (unit) =>
    new Intl.DateTimeFormat(language, { timeZone: "UTC", year: "numeric", ...(unit === "year" ? {} : { month: "short" }), ...(unit === "day" ? { day: "numeric" } : {}) });

  // Years, then months, then days, in the page's language.
  function drawTicks(axis, scale, wide, tall) {
    const ticks = scale.ticks(Math.max(2, wide / 95)).filter((day) => day % DAY === 0);
    const unit = ticks.some((day) => day.getUTCDate() > 1) ? "day" : ticks.some((day) => day.getUTCMonth() > 0) ? "month" : "year";
    const format = formatOf(unit);
    axis.replaceChildren(shape("path", { class: "p-axis", d: `M0 20H${wide}` }));
    for (const day of ticks) {
      const x = scale(day).toFixed(1);
      axis.append(shape("path", { class: "p-grid", d: `M${x} 16V${tall}` }), shape("text", { class: "p-small", x, y: 12, "font-size": 12, "text-anchor": "middle" }, format.format(day)));
    }
  }

  async function start() {
    const figure = document.querySelector(".bb-view");
    const image = figure?.querySelector("img");
    if (!image) return;
    const answer = await fetch(image.src);
    // Without its style, which the page has in a file: the policy refuses it already when the text is parsed.
    const text = (await answer.text()).replace(/<style>[^<]*<\/style>/, "");
    const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (!answer.ok || root.localName !== "svg") return; // the image stays
    const drawn = document.importNode(root, true);
    const data = picture === "timeline" ? await (await fetch(image.src.replace(/svg$/, "json"))).json() : null;
    const view = frame(figure, drawn);
    ({ timeline: showTimeline, network: showNetwork, map: showMap })[picture](view, drawn, data);
  }
  start().catch(() => {}); // the image stays, as it does for those who open the page as a file
})();
