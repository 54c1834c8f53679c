"use strict";
// Shows what is chosen and searched for. Without scripts the page shows everything.
const boxes = [...document.querySelectorAll("input[name=level]")];
const search = document.getElementById("search");
const none = document.getElementById("none");
const articles = [...document.querySelectorAll("article")].map((node) => ({
  node,
  level: node.dataset.level,
  words: (node.closest("section.operation").querySelector("h3").textContent + " " + node.textContent).toLowerCase(),
}));

function show() {
  const levels = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { node, level, words } of articles) {
    node.hidden = !(levels.has(level) && wanted.every((word) => words.includes(word)));
    shown += node.hidden ? 0 : 1;
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector("article:not([hidden])");
  }
  none.hidden = shown > 0 || articles.length === 0;
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.hidden) {
    boxes.forEach((box) => { box.checked = true; });
    search.value = "";
    show();
    target.scrollIntoView();
  }
}

boxes.forEach((box) => box.addEventListener("change", show));
search.addEventListener("input", show);
window.addEventListener("hashchange", reveal);
document.getElementById("choice").hidden = articles.length === 0;
show();
reveal();
