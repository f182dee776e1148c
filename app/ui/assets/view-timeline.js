// One run's steps as a tree that grows while the run goes on: agents, their thoughts, their tools.

import { el, icon, setText } from "./dom.js";
import { agentName, brief, full, seconds } from "./format.js";

const ICONS = { done: "check", failed: "cross", cancelled: "stop" };
const WORDS = { running: "in progress", done: "done", failed: "failed", cancelled: "stopped" };

export class Timeline {
  #log;
  #parts = new Map();

  constructor(log) {
    this.#log = log;
    this.element = el("ol", { class: "tree" });
  }

  update(nodes) {
    for (const node of nodes) {
      if (!this.#parts.has(node)) this.#add(node);
      this.#parts.get(node).draw();
    }
  }

  tick() {
    const now = Date.now() - this.#log.skew;
    for (const [node, part] of this.#parts) {
      if (node.state === "running") setText(part.time, seconds((now - node.since) / 1000));
    }
  }

  #add(node) {
    const part = BUILD[node.kind](node);
    this.#parts.set(node, part);
    const list = node.parent ? this.#parts.get(node.parent).list : this.element;
    list.append(part.element);
  }
}

const BUILD = { agent: agentPart, tool: toolPart, thought: thoughtPart };

function agentPart(node) {
  const mark = stateMark();
  const time = el("span", { class: "step-time" });
  const fault = el("p", { class: "step-fault", hidden: true });
  const list = el("ol", { class: "tree" });
  const element = el("li", { class: "step agent" },
    el("div", { class: "step-head" }, mark.element, el("span", { class: "step-name" }, agentName(node.name)), time),
    fault, list);
  const draw = () => {
    element.dataset.state = node.state;
    mark.draw(node.state);
    if (node.seconds !== undefined) setText(time, seconds(node.seconds));
    if (node.fault) {
      fault.hidden = false;
      setText(fault, faultText(node.fault));
    }
  };
  return { element, list, time, draw };
}

function faultText({ error, detail, by }) {
  const what = [error, detail].filter((part, at, all) => part && all.indexOf(part) === at).join(": ");
  return by ? `${what} Taken over by ${agentName(by)}.` : what;
}

function thoughtPart(node) {
  const element = el("li", { class: "step thought" });
  return { element, list: element, time: el("span"), draw: () => setText(element, node.text) };
}

function toolPart(node) {
  const mark = stateMark();
  const time = el("span", { class: "step-time" });
  const output = el("pre", { tabindex: 0, "aria-label": "Output" });
  const label = el("p", { class: "tool-label" }, "Output");
  const element = el("li", { class: "step tool" },
    el("details", {},
      el("summary", { class: "step-head" }, mark.element, el("code", { class: "tool-name" }, node.name),
        el("span", { class: "tool-brief" }, brief(node.input)), time, chevron()),
      el("div", { class: "tool-body" },
        el("p", { class: "tool-label" }, "Input"), el("pre", { tabindex: 0, "aria-label": "Input" }, full(node.input)),
        label, output)));
  const draw = () => {
    element.dataset.state = node.state;
    mark.draw(node.state);
    if (node.seconds !== undefined) setText(time, seconds(node.seconds));
    setText(label, node.state === "failed" ? "Error" : "Output");
    setText(output, node.state === "running" ? "Still at work" : full(node.state === "failed" ? node.error : node.output));
  };
  return { element, list: element, time, draw };
}

export function chevron() {
  const drawn = icon("chevron");
  drawn.classList.add("turns-open");
  return drawn;
}

export function stateMark() {
  const word = el("span", { class: "hidden-text" });
  const drawn = el("span", { class: "mark" });
  const element = el("span", { class: "mark-box" }, drawn, word);
  const draw = (state) => {
    if (drawn.dataset.state === state) return;
    drawn.dataset.state = state;
    drawn.replaceChildren(...(ICONS[state] ? [icon(ICONS[state])] : []));
    setText(word, `${WORDS[state] ?? state}: `);
  };
  return { element, draw };
}
