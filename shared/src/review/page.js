
(() => {
  "use strict";
  const all = [...document.querySelectorAll("details.resource")];
  const groups = [...document.querySelectorAll("details.alike, details.pipelines")];
  const tools = document.querySelector(".tools");
  const fold = (open) => { for (const one of [...groups, ...all]) if (!one.hidden) one.open = open; };
  if (tools) {
    tools.hidden = false;
    const search = document.getElementById("search");
    const found = document.getElementById("found");
    const texts = new Map();
    const text = (one) => {
      if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
      return texts.get(one);
    };
    const kinds = [...tools.querySelectorAll(".kinds input")];
    const seek = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const off = kinds.filter((kind) => !kind.checked).map((kind) => kind.value);
      let count = 0;
      for (const one of all) {
        one.hidden = off.some((kind) => one.classList.contains(kind)) || !words.every((word) => text(one).includes(word));
        if (!one.hidden) count += 1;
      }
      // What is found is shown, also inside a group.
      for (const group of groups) {
        group.hidden = [...group.querySelectorAll("details.resource")].every((one) => one.hidden);
        if (words.length) group.open = true;
      }
      found.textContent = words.length || off.length ? `${count} of ${all.length} resources match` : "";
    };
    search.addEventListener("input", seek);
    for (const kind of kinds) kind.addEventListener("change", seek);
    addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement && event.target.type === "search";
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        search.focus();
      } else if (event.key === "Escape" && typing) {
        search.value = "";
        seek();
      }
    });
    document.getElementById("open").addEventListener("click", () => fold(true));
    document.getElementById("close").addEventListener("click", () => fold(false));
  }
  // A link to a resource shows it, folded or filtered out as it may be.
  const show = () => {
    const one = /^#r\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
    if (!one) return;
    one.hidden = false;
    one.open = true;
    for (const group of groups) if (group.contains(one)) { group.hidden = false; group.open = true; }
    one.scrollIntoView();
    one.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", show);
  show();
  let before = [];
  addEventListener("beforeprint", () => {
    before = [...groups, ...all].map((one) => one.open);
    for (const one of [...groups, ...all]) one.open = true;
  });
  addEventListener("afterprint", () => { [...groups, ...all].forEach((one, at) => { one.open = before[at]; }); });
})();
