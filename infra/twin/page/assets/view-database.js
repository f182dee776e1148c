// The database: what it holds, and what was asked of it.

import { el, pill } from "./dom.js";
import { count, plural, size, units } from "./format.js";
import { leftOff, table } from "./table.js";

export function databaseView(listing) {
  if (listing.rows.length === 0) return [el("p", { class: "empty" }, "The stack has no database.")];
  return [...listing.rows.flatMap(account), leftOff(listing)].filter(Boolean);
}

function account(row) {
  return [
    el("div", {}, el("div", { class: "card-head" }, el("h3", {}, row.name), totals(row)), el("p", { class: "card-text" }, row.endpoint)),
    row.containers.rows.length ? containers(row) : el("p", { class: "empty" }, "It has no containers."),
    leftOff(row.containers),
    ...row.containers.rows.filter((one) => one.partitions.rows.length).map((one) => partitions(row, one)),
    row.operations.length ? operations(row) : null,
  ].filter(Boolean);
}

function totals(row) {
  return el(
    "div",
    { class: "pills" },
    pill(`${units(row.units)} RU`, "note"),
    pill(plural(row.requests, "request")),
    pill(`${count(row.throttled)} throttled (429)`, row.throttled ? "warn" : null),
  );
}

function containers(row) {
  return table(
    `Containers of ${row.name}`,
    [
      ["Container", (one) => [`${one.database}/${one.name}`, el("span", { class: "sub" }, `by ${one.partition_key}`)], "strong"],
      ["Items", (one) => count(one.documents), "number"],
      ["Size", (one) => size(one.bytes), "number"],
      ["RU", (one) => units(one.units), "number"],
      ["RU/s", (one) => (one.throughput === null ? "any" : count(one.throughput)), "number"],
      ["429", (one) => count(one.throttled), "number"],
    ],
    row.containers.rows,
  );
}

function partitions(row, one) {
  const columns = [
    [one.name === "checkpoints" ? "Thread" : "Partition key", (part) => part.key, "code"],
    ["Items", (part) => count(part.documents), "number"],
    ["Of which", (part) => part.kinds],
  ];
  return el(
    "details",
    { class: "more", "data-key": `keys ${row.name} ${one.database} ${one.name}` },
    el("summary", {}, `${plural(one.partitions.rows.length + one.partitions.left_off, "partition key")} in ${one.name}`),
    table(`Partition keys in ${one.name}`, columns, one.partitions.rows),
    leftOff(one.partitions),
  );
}

function operations(row) {
  const columns = [
    ["Operation", (one) => one.operation],
    ["Requests", (one) => count(one.requests), "number"],
    ["RU (modelled)", (one) => units(one.units), "number"],
  ];
  return el(
    "details",
    { class: "more", "data-key": `operations ${row.name}` },
    el("summary", {}, "Request units by operation"),
    table(`Operations on ${row.name}`, columns, row.operations),
  );
}
