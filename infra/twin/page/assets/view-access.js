// Who may do what and did it; and what was pulled as whom.

import { el, pill } from "./dom.js";
import { clock, count, last, shortDigest } from "./format.js";
import { listed } from "./table.js";

const SHOWN_USES = 4;

export function rolesView(listing) {
  const columns = [
    ["Who", (row) => row.who, "strong"],
    ["Role", (row) => [row.role, el("span", { class: "sub" }, row.plane)]],
    ["Scope", (row) => el("span", { title: row.scope_id }, row.scope)],
    ["Used for", uses],
  ];
  return listed("Role assignments", columns, listing, "No role is assigned.");
}

function uses(row) {
  if (row.uses.length === 0) return el("span", { class: "sub" }, "not used since the twin started");
  const [often, rest] = [row.uses.slice(0, SHOWN_USES), row.uses.slice(SHOWN_USES)];
  return [el("ul", { class: "lines" }, often.map(use)), rest.length ? more(row, rest) : null];
}

function more(row, rest) {
  return el(
    "details",
    { class: "more", "data-key": `uses ${row.principal} ${row.role} ${row.scope_id}` },
    el("summary", {}, `${rest.length} more`),
    el("ul", { class: "lines" }, rest.map(use)),
  );
}

function use(one) {
  const name = one.action.replace(/\/action$/, "").split("/").slice(-2).join("/");
  const often = one.count === 1 ? "once" : `${count(one.count)} times`;
  return el("li", { title: one.action }, `${name} `, el("span", { class: "sub" }, `${often}, last at ${clock(one.last)}`));
}

export function pullsView(listing) {
  const columns = [
    ["When", (row) => clock(row.at)],
    ["Image", (row) => [last(row.repository), el("span", { class: "sub", title: row.digest }, shortDigest(row.digest) || "no digest")]],
    ["As", (row) => row.identity || "nobody", "strong"],
    ["Outcome", outcome],
  ];
  return listed("Pulls from the registry", columns, listing, "Nothing was pulled since the twin started.");
}

function outcome(row) {
  if (row.allowed) return pill("allowed", "good");
  return [pill("refused", "bad"), el("span", { class: "sub" }, row.reason)];
}
