// The latest traces that the app's telemetry made, and the spans of one.

import { el, pill } from "./dom.js";
import { clock, count, seconds } from "./format.js";
import { listed } from "./table.js";

export function tracesView(listing, open) {
  const columns = [
    ["When", (row) => clock(row.start)],
    ["Operation", (row) => el("button", { class: "leaf-open", type: "button", "aria-haspopup": "dialog", "data-key": row.operation, onclick: () => open(row) }, row.name || row.operation)],
    ["Run", (row) => row.run ?? "", "code"],
    ["Took", (row) => seconds(row.seconds), "number"],
    ["Spans", (row) => count(row.spans), "number"],
    ["Failed", (row) => (row.failed ? pill(count(row.failed), "bad") : "0"), "number"],
  ];
  return listed("Latest traces", columns, listing, "No telemetry has arrived.");
}

export function spansView(spans) {
  return el("ul", { class: "spans" }, spans.map(span));
}

function span(one) {
  return el(
    "li",
    { class: "span" },
    one.success ? null : pill("failed", "bad"),
    ` ${one.name} `,
    el("span", { class: "span-time" }, `${one.kind}, at ${seconds(one.offset)}, ${seconds(one.seconds)}`),
    one.notes.map((note) => el("span", { class: "sub" }, note.text)),
    one.children.length ? spansView(one.children) : null,
  );
}
