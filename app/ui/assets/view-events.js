// The run's events as they came over the wire: number, time, type, agent, data.

import { el, setText } from "./dom.js";
import { brief, full, plural } from "./format.js";

const LONGEST = 200;
const LONG_HEX = /\b[0-9a-f]{24,64}\b/g;

export class EventTable {
  #log;
  #label = el("span", {}, "Events");
  #body = el("tbody");

  constructor(log) {
    this.#log = log;
    const head = el("tr", {}, ...["No.", "At", "Type", "Agent", "Data"].map((text) => el("th", { scope: "col" }, text)));
    this.element = el("details", { class: "events", ontoggle: () => this.update() },
      el("summary", {}, this.#label),
      el("div", { class: "events-scroll", tabindex: 0, role: "region", "aria-label": "Events of this run" },
        el("table", {}, el("thead", {}, head), this.#body)));
  }

  // Rows are only built while someone looks.
  update() {
    const { events } = this.#log;
    setText(this.#label, plural(events.length, "event"));
    if (!this.element.open) return;
    const first = Date.parse(events[0]?.time);
    this.#body.append(...events.slice(this.#body.childElementCount).map((event) => row(event, first)));
  }
}

function row(event, first) {
  const data = brief(event.data).replaceAll(LONG_HEX, (digits) => `${digits.slice(0, 8)}…`);
  return el("tr", {},
    el("td", {}, event.seq),
    el("td", {}, `+${((Date.parse(event.time) - first) / 1000).toFixed(2)} s`),
    el("td", {}, el("code", {}, event.type)),
    el("td", {}, event.agent),
    el("td", { class: "event-data", title: full(event.data) }, data.length > LONGEST ? `${data.slice(0, LONGEST)}…` : data));
}
