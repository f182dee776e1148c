// Tables that stay tables for screen readers when a narrow screen lays their rows out as lists.

import { el } from "./dom.js";
import { count } from "./format.js";

// A column is [heading, cell of a row, class]; a cell is a text, a node or a list of them.
export function table(caption, columns, rows) {
  const head = columns.map(([name, , kind]) => el("th", { scope: "col", role: "columnheader", class: kind === "number" ? kind : null }, name));
  const body = rows.map((row) => el("tr", { role: "row" }, columns.map((column) => cell(column, row))));
  return el(
    "table",
    { role: "table" },
    el("caption", { class: "hidden-text" }, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)),
    el("tbody", { role: "rowgroup" }, body),
  );
}

function cell([name, read, kind], row) {
  return el("td", { role: "cell", "data-label": name, class: kind }, el("div", {}, [read(row)].flat()));
}

export function listed(caption, columns, listing, empty) {
  if (listing.rows.length === 0) return [el("p", { class: "empty" }, empty)];
  return [table(caption, columns, listing.rows), leftOff(listing)].filter(Boolean);
}

export function leftOff(listing) {
  return listing.left_off ? el("p", { class: "left-off" }, `${count(listing.left_off)} more are not shown.`) : null;
}
