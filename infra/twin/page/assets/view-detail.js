// The dialog: one resource as it is recorded, or one trace.

import { resource, trace } from "./api.js";
import { byId, el } from "./dom.js";
import { last, plural } from "./format.js";
import { spansView } from "./view-traces.js";

export function openResource(row) {
  show(row.name, async () => recorded(await resource(row.id)));
}

export function openTrace(row) {
  show(row.name || row.operation, async () => [spansView((await trace(row.operation)).spans)]);
}

async function show(title, read) {
  const dialog = byId("detail");
  const body = byId("detail-body");
  byId("detail-title").textContent = title;
  body.replaceChildren(el("p", { class: "empty" }, "Reading"));
  dialog.showModal();
  try {
    body.replaceChildren(...(await read()));
  } catch (error) {
    body.replaceChildren(el("p", { class: "notice" }, `It cannot be read: ${error.message}`));
  }
}

function recorded(found) {
  return [
    el("dl", { class: "facts" }, fact("Type", found.type), fact("API version", found.api_version), fact("Below", last(found.parent ?? ""))),
    el("div", {}, el("p", { class: "empty" }, "Id"), el("code", {}, found.id)),
    found.hidden ? el("p", { class: "left-off" }, `${plural(found.hidden, "secret")} left out.`) : null,
    el("pre", { tabindex: "0", role: "region", "aria-label": "Recorded properties" }, found.recorded),
  ].filter(Boolean);
}

function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}
