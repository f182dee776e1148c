// The apps' consoles: the last lines, followed until somebody scrolls up.

import { el, setText } from "./dom.js";
import { plural } from "./format.js";

const KEPT_LINES = 1_000;
const SYSTEM = "system: ";

export class LogView {
  constructor(body) {
    this.lines = new Map();
    this.app = null;
    this.chosen = el("select", { id: "log-app", onchange: () => this.choose(this.chosen.value) });
    this.chooser = el("label", { hidden: true }, "App ", this.chosen);
    this.sought = el("input", { type: "search", id: "log-filter", autocomplete: "off", oninput: () => this.draw() });
    this.follow = el("input", { type: "checkbox", checked: true });
    this.follow.checked = true;
    this.output = el("pre", { class: "log", tabindex: "0", role: "region", "aria-label": "Log lines" });
    this.note = el("p", { class: "left-off" });
    const bar = el("div", { class: "log-bar" }, this.chooser, el("label", {}, "Filter ", this.sought), el("label", {}, this.follow, " Follow"));
    body.append(bar, this.output, this.note);
  }

  take(parts) {
    let drawn = false;
    for (const [app, part] of Object.entries(parts)) {
      if (!this.lines.has(app)) this.add(app);
      if (part.missed) this.push(app, [`system: ${plural(part.missed, "earlier line")} not shown`]);
      this.push(app, part.lines);
      drawn ||= app === this.app && (part.lines.length > 0 || part.missed > 0);
    }
    if (drawn) this.draw();
  }

  add(app) {
    this.lines.set(app, []);
    this.chosen.append(el("option", { value: app }, app));
    this.chooser.hidden = this.lines.size < 2;
    if (this.app === null) this.app = app;
  }

  push(app, fresh) {
    this.lines.set(app, [...this.lines.get(app), ...fresh].slice(-KEPT_LINES));
  }

  choose(app) {
    this.app = app;
    this.draw();
  }

  draw() {
    const sought = this.sought.value.trim().toLowerCase();
    const all = this.lines.get(this.app) ?? [];
    const shown = sought ? all.filter((line) => line.toLowerCase().includes(sought)) : all;
    const top = this.output.scrollTop;
    this.output.replaceChildren(...shown.map(lineOf));
    this.output.scrollTop = this.follow.checked ? this.output.scrollHeight : top;
    setText(this.note, sought ? `${plural(shown.length, "line")} of ${all.length}` : plural(all.length, "line"));
  }
}

function lineOf(line) {
  return line.startsWith(SYSTEM) ? el("span", { class: "system" }, `${line}\n`) : document.createTextNode(`${line}\n`);
}
