// Hears the preview's news once for all its open pages in a browser, and passes it on to them.
(() => {
  const pages = new Set();
  const latest = new Map(); // kind of news -> its text

  function hear() {
    const events = new EventSource("/.briefbook/events");
    for (const kind of ["problems", "version"]) {
      events.addEventListener(kind, ({ data }) => {
        latest.set(kind, data);
        for (const page of pages) page.postMessage([kind, data]);
      });
    }
    // A browser asks again by itself when a stream breaks off, but not when it never was one.
    events.onerror = () => events.readyState === EventSource.CLOSED && setTimeout(hear, 1000);
  }

  self.onconnect = ({ ports: [page] }) => {
    pages.add(page);
    page.onmessage = () => pages.delete(page); // it says but one thing: that it is left
    for (const news of latest) page.postMessage(news);
  };
  hear();
})();
