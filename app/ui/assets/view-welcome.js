// What an empty thread shows: who is on board and messages to start with.

import { byId, el, icon } from "./dom.js";
import { agentName } from "./format.js";

const STARTERS = [
  "What can you help me with?",
  "Which agents and tools do you have, and what does each need to know?",
  "Work through a typical request from start to finish.",
];

export function mountWelcome(store, { send }) {
  const welcome = byId("welcome");
  const draw = () => {
    welcome.replaceChildren(
      el("img", { src: "/assets/mark.svg", alt: "", width: 56, height: 56 }),
      el("h2", { id: "welcome-heading" }, "Where to?"),
      el("p", { class: "lead" }, lead(store.get("agents"))),
      el("ul", { class: "starters", "aria-label": "Example messages" },
        ...starters(store.get("examples")).map((text) => starter(text, send))));
  };
  store.watch("agents", draw);
  store.watch("examples", draw);
  return { show: (shown) => { welcome.hidden = !shown; } };
}

function lead(agents) {
  if (!agents.length) return "Ask a question. You will see every step that the agents take on the way to the answer.";
  const names = agents.map((agent) => agentName(agent.name));
  const last = names.pop();
  const crew = names.length ? `${names.join(", ")} and ${last}` : last;
  return `On board: ${crew}. You will see every step that they take on the way to the answer.`;
}

function starters(examples) {
  return examples.length ? examples.slice(0, 4) : STARTERS;
}

function starter(text, send) {
  return el("li", {}, el("button", { type: "button", class: "starter", onclick: () => send(text) },
    el("span", {}, text), icon("chevron")));
}
