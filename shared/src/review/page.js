
(() => {
  "use strict";
  const all = [...document.querySelectorAll("details.resource")];
  const tools = document.querySelector(".tools");
  const fold = (open) => { for (const one of all) if (!one.hidden) one.open = open; };
  if (tools) {
    tools.hidden = false;
    const search = document.getElementById("search");
    const found = document.getElementById("found");
    const texts = new Map();
    const text = (one) => {
      if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
      return texts.get(one);
    };
    const seek = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const one of all) {
        one.hidden = !words.every((word) => text(one).includes(word));
        if (!one.hidden) count += 1;
      }
      found.textContent = words.length ? `${count} of ${all.length} resources match` : "";
    };
    search.addEventListener("input", seek);
    document.getElementById("open").addEventListener("click", () => fold(true));
    document.getElementById("close").addEventListener("click", () => fold(false));
  }
  let before = [];
  addEventListener("beforeprint", () => {
    before = all.map((one) => one.open);
    for (const one of all) one.open = true;
  });
  addEventListener("afterprint", () => { all.forEach((one, at) => { one.open = before[at]; }); });
})();
