// Container apps: each revision with its traffic, probes and replicas.

import { el, pill } from "./dom.js";
import { moment, plural } from "./format.js";
import { leftOff, table } from "./table.js";

const TONES = { Healthy: "good", Unhealthy: "bad" };

export function appsView(listing) {
  if (listing.rows.length === 0) return [el("p", { class: "empty" }, "No app runs.")];
  return [...listing.rows.flatMap(app), leftOff(listing)].filter(Boolean);
}

function app(row) {
  const live = row.revisions.rows.filter((one) => one.active);
  const past = row.revisions.rows.filter((one) => !one.active);
  return [
    el("div", {}, el("h3", {}, row.name), el("p", { class: "card-text" }, row.ingress)),
    el("div", {}, live.map((one) => revision(row, one))),
    past.length ? history(row, past) : null,
    leftOff(row.revisions),
  ].filter(Boolean);
}

function history(row, past) {
  return el(
    "details",
    { class: "more", "data-key": `past ${row.name}` },
    el("summary", {}, plural(past.length, "inactive revision")),
    past.map((one) => revision(row, one)),
  );
}

function revision(row, one) {
  return el(
    "article",
    { class: "card", "aria-label": `Revision ${one.name}` },
    el("div", { class: "card-head" }, el("h3", {}, one.name), marks(one)),
    one.reason ? el("p", { class: "card-text" }, one.reason) : null,
    el("p", { class: "card-text" }, `Image ${one.image}`),
    one.created ? el("p", { class: "card-text" }, `Made ${moment(one.created)}, ${one.scale} replicas`) : null,
    one.instances.length ? replicas(one) : null,
    one.probes.length ? probes(row, one) : null,
  );
}

function marks(one) {
  return el(
    "div",
    { class: "pills" },
    pill(one.active ? one.health.toLowerCase() : "inactive", TONES[one.health]),
    pill(`${one.weight} % of traffic`, one.weight ? "note" : null),
    one.labels.map((label) => pill(`label ${label}`, "note")),
    pill(plural(one.replicas, "replica")),
    pill(plural(one.restarts, "restart"), one.restarts ? "warn" : null),
  );
}

function replicas(one) {
  return table(
    `Replicas of ${one.name}`,
    [
      ["Replica", (row) => row.name, "code"],
      ["State", (row) => pill(row.ready ? "ready" : row.reason, row.ready ? "good" : "bad")],
      ["Restarts", (row) => String(row.restarts), "number"],
      ["Open requests", (row) => String(row.requests), "number"],
    ],
    one.instances,
  );
}

function probes(row, one) {
  return el(
    "details",
    { class: "more", "data-key": `probes ${row.name} ${one.name}` },
    el("summary", {}, plural(one.probes.length, "probe")),
    el("ul", { class: "lines" }, one.probes.map((probe) => el("li", {}, `${probe.kind}: ${probe.target}, ${probe.timing}`))),
  );
}
