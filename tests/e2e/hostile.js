// Looks for anything active in a page that attacks: as it was sent, and as it stands in the browser. Sets `lookForAttacks`.
(() => {
  const EVENTS = `click dblclick auxclick contextmenu mousedown mouseup mouseover mouseenter mouseleave mouseout mousemove
    pointerover pointerenter pointerdown pointerup pointerout focus focusin blur focusout input beforeinput change keydown keyup
    keypress submit reset invalid select selectstart error load loadend abort toggle beforetoggle animationstart animationend
    transitionend wheel scroll drag dragstart dragover drop copy cut paste touchstart touchend begin end repeat canplay message
    pageshow hashchange resize start finish bounce show close cancel securitypolicyviolation`.split(/\s+/);
  const AUTHORED = ".bb-page, .bb-page *, .md-nav *, .md-header__title *, .md-footer *, .bb-card, .bb-card *, dialog *";
  const SHOWN_BY_SCRIPTS = ".bb-copy, .bb-explorer, .bb-stage, .bb-view, .md-clipboard, .md-code__nav, .md-code__button, .bb-skip";
  const LOADING = ["src", "srcset", "data", "poster", "action", "formaction", "background", "ping", "manifest", "cite", "xlink:href"];
  const NEVER = `script, style, link, meta, base, iframe, frame, frameset, object, embed, applet, portal, form, input, button, select,
    textarea, video, audio, source, track, svg, math, template, slot, dialog, marquee, canvas, map, area, [style], [popover], [autofocus],
    [contenteditable], [name], [tabindex], [target], [is], [download], [data-md-component], [data-md-toggle], [data-bb-search]`;
  const INTERFACE_ID = /^(_|bb-|pagefind|pf-)/i;
  const INTERFACE_CLASS = /^(md-(?!button)|js$|no-js$|pf-|bb-(page|card|search|hidden|actions|kind|copied|drawer|result)(-|$))/;
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);

  // What was sent, read as the browser reads it, before any script has changed it.
  async function sent() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const faults = [];
    for (const element of page.querySelectorAll("*")) faults.push(...active(element, page));
    const area = page.querySelector(".bb-page");
    for (const element of area?.querySelectorAll(NEVER) ?? []) faults.push(`not for pages: ${told(element)}`);
    for (const element of area?.querySelectorAll("*") ?? []) {
      if (INTERFACE_ID.test(element.id)) faults.push(`an id of the interface: ${told(element)}`);
      const isOurs = element.matches(".bb-page > .bb-kind:first-child");
      if (!isOurs && [...element.classList].some((name) => INTERFACE_CLASS.test(name))) faults.push(`a class of the interface: ${told(element)}`);
    }
    for (const meta of page.querySelectorAll("meta[http-equiv]"))
      if (!["content-security-policy", "x-ua-compatible"].includes(meta.httpEquiv.toLowerCase())) faults.push(`meta: ${told(meta)}`);
    if (page.querySelector("base, iframe, object, embed, frame, form:not(.md-header__option)")) faults.push("what the theme has none of");
    if (page.querySelectorAll("main").length !== 1 || page.querySelectorAll(".md-header").length !== 1) faults.push("the layout is broken");
    for (const script of page.querySelectorAll("script:not([src], [type$=json])"))
      if (/hit\(|evil/.test(script.textContent)) faults.push(`in a script: ${script.textContent.slice(0, 80)}`);
    return faults;
  }

  function active(element, page) {
    const faults = [];
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) faults.push(`a handler: ${told(element)}`);
      const address = LOADING.includes(name.toLowerCase()) || name === "href" ? value : null;
      if (address === null) continue;
      const url = URL.parse(address, location.href);
      const isLink = name === "href" && element.matches("a, link[rel=canonical]");
      if (isLink && url && !["http:", "https:", "mailto:"].includes(url.protocol)) faults.push(`an address: ${told(element)}`);
      if (!isLink && url && url.origin !== location.origin) faults.push(`would load: ${told(element)}`);
    }
    return faults;
  }

  // Nothing of an author's may be where the interface is, whatever the page is scrolled to.
  function covered() {
    const faults = [];
    const guarded = document.querySelectorAll(".md-header, .md-tabs, .bb-search-button, .md-sidebar, .md-footer");
    for (const top of [0, 150, document.body.scrollHeight / 2]) {
      scrollTo(0, top);
      for (const part of guarded) {
        const { left, right, top: upper, bottom } = part.getBoundingClientRect();
        if (right <= left || getComputedStyle(part).visibility === "hidden") continue;
        for (let x = left + 2; x < Math.min(right, innerWidth); x += Math.max(9, (right - left) / 12))
          for (let y = Math.max(upper, 0) + 2; y < Math.min(bottom, innerHeight); y += Math.max(9, (bottom - upper) / 6)) {
            const hit = document.elementFromPoint(x, y);
            if (hit?.closest(".bb-page")) faults.push(`covers ${part.className}: ${told(hit)}`);
          }
      }
    }
    scrollTo(0, 0);
    for (const element of document.querySelectorAll(".bb-page *")) {
      if (element.closest(SHOWN_BY_SCRIPTS)) continue;
      const { position, zIndex, transform } = getComputedStyle(element);
      if (["fixed", "sticky"].includes(position) || (zIndex !== "auto" && Number(zIndex) > 3)) faults.push(`${position} ${zIndex} ${transform}: ${told(element)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window: ${document.documentElement.scrollWidth}`);
    return faults;
  }

  // Links to pages are not followed, all else may do what it does.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const url = link && URL.parse(link.href.baseVal ?? link.href, location.href); // those of pictures are SVG's
    if (url && ["http:", "https:", "mailto:"].includes(url.protocol)) event.preventDefault();
  });

  // Scripts of the theme count on the kind of an event; only clicks bubble, for each element is provoked.
  function made(name, target) {
    const common = { bubbles: name === "click", cancelable: true, view: window };
    if (/^(pointer)/.test(name)) return new PointerEvent(name, common);
    if (/^(mouse|click|dblclick|auxclick|contextmenu)/.test(name)) return new MouseEvent(name, common);
    if (/^touch/.test(name)) return new TouchEvent(name, { ...common, touches: [new Touch({ identifier: 1, target })] });
    if (/^key/.test(name)) return new KeyboardEvent(name, { ...common, key: "a" });
    if (/^drag|drop/.test(name)) return new DragEvent(name, common);
    if (/^(focus|blur)/.test(name)) return new FocusEvent(name, common);
    return name === "wheel" ? new WheelEvent(name, common) : new Event(name, common);
  }

  function provoke() {
    for (const details of document.querySelectorAll("details")) details.open = true;
    let count = 0;
    for (const element of document.querySelectorAll(AUTHORED)) {
      for (const name of EVENTS) element.dispatchEvent(made(name, element));
      count += 1;
      if (element instanceof HTMLElement) HTMLElement.prototype.focus.call(element, { preventScroll: true });
    }
    document.activeElement?.blur?.();
    return count;
  }

  window.lookForAttacks = async () => {
    const found = [...(await sent()), ...covered()];
    const count = provoke();
    await new Promise((done) => setTimeout(done)); // what a click on javascript: does, it does later
    for (const element of document.querySelectorAll("*")) found.push(...active(element, document));
    return { found: [...new Set(found)].slice(0, 20), count };
  };
})();
