// One question with its steps, its answer, and what the run took.

import { announceAnswer, announceStatus } from "./announce.js";
import { el, icon, setText } from "./dom.js";
import { seconds } from "./format.js";
import { RunLog } from "./runlog.js";
import { renderText } from "./text.js";
import { EventTable } from "./view-events.js";
import { headline, notes, usage } from "./view-outcome.js";
import { chevron, stateMark, Timeline } from "./view-timeline.js";

const MARKS = { running: "running", done: "done", partial: "done", failed: "failed", cancelled: "cancelled" };

export class Turn {
  #pending = false;
  #mark = stateMark();
  #summary = el("span", { class: "steps-summary" });
  #time = el("span", { class: "step-time" });
  #note = el("div", { class: "turn-notes" });
  #text = el("div", { class: "answer-text" });
  #foot = el("footer", { class: "answer-foot", hidden: true });

  constructor({ runId = null, question, answer = "", fresh = false }) {
    this.runId = runId;
    this.log = new RunLog();
    this.known = answer;
    this.fresh = fresh;
    this.timeline = new Timeline(this.log);
    this.events = new EventTable(this.log);
    const summary = el("summary", {}, this.#mark.element, this.#summary, this.#time, chevron());
    this.steps = el("details", { class: "steps", open: fresh, hidden: !fresh }, summary, this.timeline.element,
      this.events.element);
    this.answer = el("article", { class: "answer", "aria-label": "Answer" },
      this.steps, this.#text, this.#note, this.#foot);
    this.question = question === null ? null : el("article", { class: "question", "aria-label": "You" }, question);
    this.element = el("li", { class: "turn" }, this.question, this.answer);
    if (answer) this.#drawAnswer(answer);
    this.#drawSummary();
  }

  apply(event) {
    const changed = this.log.apply(event);
    this.steps.hidden = false;
    this.timeline.update(changed);
    this.events.update();
    this.#later();
    if (event.final) this.#settle();
  }

  // A run whose events are gone, or one that ended before its last event could be read.
  end(state, fault = null) {
    if (this.log.over) return;
    this.log.state = state;
    this.log.fault = fault;
    this.#settle();
  }

  tick() {
    if (this.log.over || !this.log.seq) return;
    this.timeline.tick();
    setText(this.#time, seconds(this.log.seconds));
  }

  #later() {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#drawSummary();
      this.#drawAnswer(this.log.answer || this.known);
      this.element.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
    });
  }

  #drawSummary() {
    const { state } = this.log;
    this.element.dataset.state = state;
    this.#mark.draw(MARKS[state] ?? state);
    setText(this.#summary, headline(this.log));
    if (this.log.over) setText(this.#time, seconds(this.log.seconds));
  }

  #drawAnswer(text) {
    this.answer.setAttribute("aria-busy", String(this.fresh && !this.log.over));
    this.#text.classList.toggle("writing", Boolean(text) && !this.log.over && this.log.seq > 0);
    if (this.#text.dataset.length === String(text.length) && !this.log.over) return;
    this.#text.dataset.length = String(text.length);
    this.#text.replaceChildren(renderText(text));
  }

  #settle() {
    this.#drawSummary();
    this.#drawAnswer(this.log.answer || this.known);
    this.#note.replaceChildren(...notes(this.log));
    this.#foot.replaceChildren(...usage(this.log.usage), ...this.#copy());
    this.#foot.hidden = !this.#foot.childElementCount;
    if (this.fresh) this.#speak();
  }

  #speak() {
    const { state, answer, fault } = this.log;
    if (state === "cancelled") announceStatus("Stopped.");
    else if (state === "failed") announceStatus(`The run failed. ${fault?.detail ?? ""}`);
    else announceAnswer(`Answer: ${answer}`);
  }

  #copy() {
    const text = this.log.answer || this.known;
    if (!text || !navigator.clipboard) return [];
    const label = el("span", {}, "Copy");
    const copy = async () => {
      await navigator.clipboard.writeText(text).then(() => setText(label, "Copied"), () => setText(label, "Not copied"));
      setTimeout(() => setText(label, "Copy"), 1_600);
    };
    return [el("button", { type: "button", class: "quiet-button copy", onclick: copy }, icon("copy"), label)];
  }
}
