// How a run stands or ended, in words: a headline, notes about what is missing, and what it took.

import { el } from "./dom.js";
import { agentName, count, money, plural } from "./format.js";

export function headline(log) {
  const running = [...log.tools.values()].findLast((node) => node.state === "running");
  if (!log.over && running) return `${agentName(running.parent?.name)} uses ${running.name}`;
  if (!log.over) return log.answer ? "Writing the answer" : "At work";
  const { agents, tools } = log.counts;
  const what = `${plural(agents, "agent")}, ${plural(tools, "tool call")}`;
  return { failed: `Failed after ${what}`, cancelled: `Stopped after ${what}`, waiting: "Waits for approval" }[log.state] ?? what;
}

export function notes(log) {
  const found = [];
  if (log.missing.length || log.state === "partial") {
    found.push(el("div", { class: "note missing" },
      el("p", { class: "note-title" }, "This answer is incomplete"),
      log.missing.length ? el("ul", {}, ...log.missing.map((line) => el("li", {}, String(line)))) : null));
  }
  if (log.state === "cancelled") found.push(el("div", { class: "note" }, el("p", {}, "Stopped at your request.")));
  else if (log.fault && log.state !== "running") {
    found.push(el("div", { class: "note fault" },
      el("p", { class: "note-title" }, log.fault.error ?? "The run failed"), el("p", {}, log.fault.detail ?? "")));
  }
  return found;
}

export function usage(taken) {
  if (!taken) return [];
  const { model, input_tokens: input = 0, output_tokens: output = 0, total_tokens: total = input + output } = taken;
  return [
    el("span", { class: "model" }, el("span", { class: "hidden-text" }, "Model: "), model || "unnamed model"),
    el("span", { title: `${count(input)} in, ${count(output)} out` }, `${plural(total, "token")} (${count(input)} in, ${count(output)} out)`),
    ...units(taken),
    ...price(taken.price),
  ];
}

function units({ request_units: amount, request_units_modelled: modelled }) {
  if (!Number.isFinite(amount)) return [];
  const shown = `${count(Math.round(amount * 10) / 10)} RU`;
  return [el("span", { title: "Request units that the database charged so far" }, modelled ? `${shown} (modelled)` : shown)];
}

function price(list) {
  if (!list?.total) return [];
  const parts = [["model", list.model], ["database", list.database]].map(([name, amount]) => `${name}: ${amount ?? "no price"}`);
  return [el("span", { title: `List price of this turn; ${parts.join(", ")}` }, money(list.total, list.currency))];
}
