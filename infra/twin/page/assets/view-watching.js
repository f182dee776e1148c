// Alert rules and budgets, findings, and what the twin cannot show.

import { el, pill } from "./dom.js";
import { listed } from "./table.js";

export function watchingView(told) {
  const alerts = [
    ["Rule", (row) => [row.name, el("span", { class: "sub" }, row.kind)], "strong"],
    ["Fires when", (row) => [row.condition, el("span", { class: "sub" }, row.timing)]],
    ["Watches", (row) => row.watches],
    ["Tells", (row) => row.tells || "nobody"],
    ["Severity", (row) => [row.severity, row.enabled ? null : pill("off", "warn")], "number"],
  ];
  const budgets = [
    ["Budget", (row) => row.name, "strong"],
    ["Amount", (row) => row.amount],
    ["From", (row) => row.since],
    ["Notes at", (row) => row.notices],
  ];
  return [
    ...listed("Alert rules", alerts, told.alerts, "No alert rule is recorded."),
    ...listed("Budgets", budgets, told.budgets, "No budget is recorded."),
  ];
}

export function findingsView(listing) {
  if (listing.rows.length === 0) return [el("p", { class: "empty" }, "Nothing stands against this stack.")];
  return [
    el("div", {}, listing.rows.map(finding)),
    listing.left_off ? el("p", { class: "left-off" }, `${listing.left_off} more are not shown.`) : null,
  ].filter(Boolean);
}

function finding(row) {
  return el(
    "article",
    { class: "card", "aria-label": `Finding ${row.code}` },
    el("div", { class: "card-head" }, pill(row.code, "bad"), el("h3", {}, row.resource)),
    el("p", { class: "card-text" }, row.message),
    el("p", { class: "card-text fix" }, `Next: ${row.fix}`),
    el("p", { class: "card-text" }, el("code", {}, `seatrial explain ${row.code}`)),
  );
}

export function limitsView(sentences) {
  return [el("ul", { class: "lines" }, sentences.map((one) => el("li", {}, one)))];
}
