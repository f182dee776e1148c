// The resources as a tree; each opens what is recorded of it.

import { el, pill } from "./dom.js";
import { leftOff } from "./table.js";

export function resourcesView(listing, open) {
  if (listing.rows.length === 0) return [el("p", { class: "empty" }, "Nothing is deployed.")];
  const below = new Map();
  for (const row of listing.rows) {
    if (!below.has(row.parent)) below.set(row.parent, []);
    below.get(row.parent).push(row);
  }
  return [branch(below, null, open), leftOff(listing)].filter(Boolean);
}

function branch(below, parent, open) {
  return el("ul", { class: "tree" }, below.get(parent).map((row) => leaf(below, row, open)));
}

function leaf(below, row, open) {
  const good = row.state === "Succeeded";
  return el(
    "li",
    {},
    el(
      "div",
      { class: "leaf" },
      el("button", { class: "leaf-open", type: "button", "aria-haspopup": "dialog", "data-key": row.id, onclick: () => open(row) }, row.name),
      good ? el("span", { class: "hidden-text" }, row.state) : pill(row.state, "warn"),
      el("span", { class: "leaf-type" }, row.location ? `${row.type}, ${row.location}` : row.type),
    ),
    below.has(row.id) ? branch(below, row.id, open) : null,
  );
}
