// The agents on board: a short list in the drawer.

import { byId, el } from "./dom.js";
import { agentName } from "./format.js";

export function mountCrew(store) {
  const list = byId("crew");
  store.watch("agents", (agents) => {
    list.replaceChildren(...agents.map(member));
    list.closest("section").hidden = agents.length === 0;
  });
}

function member(agent) {
  const available = agent.status === "available";
  return el("li", { class: "member" },
    el("details", {},
      el("summary", {},
        el("span", { class: available ? "dot on" : "dot", "aria-hidden": true }),
        el("span", { class: "member-name" }, agentName(agent.name)),
        available ? el("span", { class: "hidden-text" }, ", available") : el("span", { class: "member-off" }, "unavailable")),
      el("p", { class: "member-text" }, agent.description ?? ""),
      tags(agent.capabilities ?? [])));
}

function tags(capabilities) {
  if (!capabilities.length) return null;
  return el("ul", { class: "tags", "aria-label": "Capabilities" },
    ...capabilities.map((name) => el("li", {}, String(name).replaceAll("_", " "))));
}
