// Puts the page together: its parts, its list of sections, and the feed that keeps both true.

import { enter, hasTicket } from "./api.js";
import { byId, el, replace, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { count } from "./format.js";
import { pullsView, rolesView } from "./view-access.js";
import { appsView } from "./view-apps.js";
import { databaseView } from "./view-database.js";
import { openResource, openTrace } from "./view-detail.js";
import { headView } from "./view-head.js";
import { LogView } from "./view-logs.js";
import { resourcesView } from "./view-resources.js";
import { tracesView } from "./view-traces.js";
import { findingsView, limitsView, watchingView } from "./view-watching.js";

const STATES = {
  live: "Live",
  paused: "Paused while hidden",
  lost: "The twin does not answer; trying again",
  over: "Not signed in",
};
const rows = (value) => value.rows.length + value.left_off;
const PARTS = [
  { name: "head", title: "Overview", view: headView },
  { name: "findings", title: "Findings", view: findingsView, amount: rows, bad: true },
  { name: "apps", title: "Apps and revisions", view: appsView, amount: rows },
  { name: "pulls", title: "Registry pulls", view: pullsView, amount: rows },
  { name: "roles", title: "Roles", note: "Who may do what where, and what each role was used for since the twin started.", view: rolesView, amount: rows },
  { name: "database", title: "Database", note: "Request units are modelled, not Azure's bill.", view: databaseView, amount: rows },
  { name: "watching", title: "Alerts and budget", note: "Recorded as the program declares them; in the twin they never fire.", view: watchingView, amount: (value) => rows(value.alerts) + rows(value.budgets) },
  { name: "traces", title: "Traces", view: (value) => tracesView(value, openTrace), amount: rows },
  { name: "logs", title: "Logs" },
  { name: "resources", title: "Resources", note: "Choose one to read what is recorded of it, without its secrets.", view: (value) => resourcesView(value, openResource), amount: rows },
  { name: "limits", title: "What a twin cannot show" },
];

const bodies = new Map();
const counts = new Map();
for (const part of PARTS) build(part);
const logs = new LogView(bodies.get("logs"));

function build(part) {
  const body = el("div", { class: "part-body", id: `${part.name}-body` });
  const heading = el("h2", { id: `${part.name}-title` }, part.title);
  const note = part.note ? el("p", { class: "part-note" }, part.note) : null;
  byId("column").append(el("section", { class: "part", id: part.name, "aria-labelledby": `${part.name}-title` }, heading, note, body));
  const amount = el("span", { class: "sections-count" });
  const link = el("a", { href: `#${part.name}` }, el("span", { class: "sections-name" }, part.title), amount);
  byId("sections").append(el("li", {}, link));
  bodies.set(part.name, body);
  counts.set(part.name, { link, amount });
}

function changed({ sections, logs: parts }) {
  for (const part of PARTS) {
    const section = sections[part.name];
    if (section && part.view) draw(part, section.value);
  }
  if (sections.head) {
    const head = sections.head.value;
    setText(byId("title"), `The twin of ${head.stack}`);
    document.title = `${head.stack}: Sea Trial twin`;
    replace(bodies.get("limits"), limitsView(head.not_shown));
  }
  logs.take(parts);
}

function draw(part, value) {
  replace(bodies.get(part.name), part.view(value));
  const { link, amount } = counts.get(part.name);
  const total = part.amount?.(value) ?? 0;
  setText(amount, total ? count(total) : "");
  link.dataset.tone = part.bad && total ? "bad" : "";
}

function stated(state) {
  const live = byId("live");
  live.dataset.state = state;
  setText(live, STATES[state]);
  const notice = byId("notice");
  if (state !== "over") notice.replaceChildren();
  else if (!notice.hasChildNodes()) notice.append(refused());
}

function refused() {
  return el("p", { class: "notice" }, "This page opens with an address that is good once. Run ", el("code", {}, "seatrial open STACK --twin"), " for a new one.");
}

async function start() {
  try {
    await enter();
  } finally {
    feed.look();
  }
}

const feed = new Feed(changed, stated);
addEventListener("hashchange", () => hasTicket() && start());
start();
