// What this twin is: stack, mode, price, and the ways into its apps.

import { el, pill } from "./dom.js";
import { count, moment } from "./format.js";

const TONES = { healthy: "good", unhealthy: "bad", stopped: "bad", "at zero replicas": "note" };

export function headView(head) {
  return [
    el(
      "dl",
      { class: "facts" },
      fact("Mode", head.mode),
      fact("Since", moment(head.since)),
      fact("Price", ...price(head.price)),
      fact("Model", head.model ?? "none yet", head.model_of ? `in place of ${head.model_of}` : null),
      fact("Resources", count(head.resources)),
      fact("Findings", count(head.findings)),
    ),
    ways(head.apps),
  ];
}

function fact(name, value, aside) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, aside ? el("span", { class: "aside" }, aside) : null));
}

function price(told) {
  if (!told) return ["not told yet"];
  const used = told.expected === null ? "" : `, ${told.expected} in use`;
  const known = told.complete ? "" : ", incomplete";
  return [`${told.monthly} ${told.currency} a month`, `at rest${used}${known}`];
}

function ways(apps) {
  if (apps.length === 0) return el("p", { class: "empty" }, "No app runs.");
  return el("ul", { class: "ways", "aria-label": "Apps" }, apps.map(way));
}

function way(app) {
  const replicas = `${app.replicas} ${app.replicas === 1 ? "replica" : "replicas"}`;
  return el(
    "li",
    {},
    el("span", { class: "way-name" }, app.name),
    pill(app.state, TONES[app.state]),
    el("span", {}, replicas),
    app.url ? el("a", { href: app.url, target: "_blank", rel: "noreferrer", "data-key": `way ${app.name}` }, app.url) : "no way in",
  );
}
