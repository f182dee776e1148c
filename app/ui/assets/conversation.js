// The open thread: loads it, sends to it, follows its runs, stops them. The server's event log is the truth;
// leaving a thread only stops reading.

import { announceStatus } from "./announce.js";
import { api, ApiError } from "./api.js";
import { explain } from "./faults.js";
import { turnsOf } from "./history.js";
import { newThreadId, show } from "./route.js";
import { followRun } from "./stream.js";
import { Turn } from "./view-turn.js";

const OVER = new Set(["completed", "failed", "cancelled"]);
const STARTING = "starting";

export class Conversation {
  #store;
  #page;
  #reading = new AbortController();
  #turns = new Map();
  #stopWanted = false;
  #watcher;

  // page: {place, welcome, composer, scroll, changed}
  constructor(store, page) {
    this.#store = store;
    this.#page = page;
    this.#watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.#replay(this.#turns.get(entry.target));
    });
    setInterval(() => this.#turns.forEach((turn) => turn.tick()), 200);
  }

  async open(threadId) {
    const reading = this.#leave();
    this.#store.set("thread", threadId);
    this.#page.welcome.show(threadId === null);
    if (threadId === null) return this.#store.set("title", "New thread");
    try {
      const thread = await api.thread(threadId);
      if (reading.aborted) return undefined;
      this.#store.set("title", thread.title || "Untitled thread");
      for (const past of turnsOf(thread.messages)) this.#add(new Turn(past));
      this.#page.scroll.toEnd();
      return await this.#resume();
    } catch (error) {
      if (reading.aborted) return undefined;
      if (error.status === 404) this.#page.changed();
      return this.#store.set("fault", explain(error));
    }
  }

  async send(text) {
    if (this.#store.get("running")) return;
    const reading = this.#reading.signal;
    const threadId = this.#store.get("thread") ?? newThreadId();
    const turn = this.#begin(text);
    try {
      const run = await api.startRun(threadId, text);
      this.#page.changed();
      if (reading.aborted) return;
      turn.runId = run.run_id;
      this.#settleAddress(threadId, text);
      this.#store.set("running", run.run_id);
      if (this.#stopWanted) this.stop();
      await this.#follow(turn);
    } catch (error) {
      if (reading.aborted) return;
      this.#withdraw(turn, text);
      this.#store.set("fault", explain(error));
    }
  }

  async stop() {
    const running = this.#store.get("running");
    this.#stopWanted = running === STARTING;
    if (!running || running === STARTING) return;
    announceStatus("Stopping.");
    try {
      await api.cancel(running);
    } catch (error) {
      if (error.status !== 409) this.#store.set("fault", explain(error));
    }
  }

  #leave() {
    this.#reading.abort();
    this.#reading = new AbortController();
    this.#watcher.disconnect();
    this.#turns.clear();
    this.#page.place.replaceChildren();
    for (const [key, value] of [["running", null], ["link", "idle"], ["fault", null]]) this.#store.set(key, value);
    this.#stopWanted = false;
    return this.#reading.signal;
  }

  #begin(text) {
    this.#store.set("fault", null);
    this.#store.set("running", STARTING);
    this.#page.welcome.show(false);
    const turn = new Turn({ question: text, fresh: true });
    this.#add(turn);
    this.#page.scroll.toEnd();
    announceStatus("Message sent. The crew is at work.");
    return turn;
  }

  #withdraw(turn, text) {
    this.#turns.delete(turn.element);
    turn.element.remove();
    this.#store.set("running", null);
    this.#page.welcome.show(this.#store.get("thread") === null);
    this.#page.composer.put(text);
  }

  #settleAddress(threadId, text) {
    if (this.#store.get("thread") === threadId) return;
    this.#store.set("thread", threadId);
    this.#store.set("title", text.length > 80 ? `${text.slice(0, 79)}…` : text);
    show(threadId, { replace: true });
  }

  #add(turn) {
    this.#turns.set(turn.element, turn);
    this.#page.place.append(turn.element);
    if (turn.runId) this.#watcher.observe(turn.element);
  }

  // A run that goes on while its thread is opened is followed like one that was started here.
  async #resume() {
    const last = [...this.#turns.values()].at(-1);
    if (!last?.runId || last.known) return;
    const run = await api.run(last.runId);
    if (OVER.has(run.status) || this.#turns.get(last.element) !== last) return;
    last.fresh = true;
    last.steps.open = true;
    this.#store.set("running", last.runId);
    await this.#follow(last);
  }

  #replay(turn) {
    if (turn?.runId && turn.runId !== this.#store.get("running")) this.#follow(turn);
  }

  async #follow(turn) {
    if (turn.followed) return;
    turn.followed = true;
    const { signal } = this.#reading;
    const live = () => this.#store.get("running") === turn.runId;
    try {
      const outcome = await followRun(turn.runId, {
        after: turn.log.seq,
        signal,
        onEvent: (event) => turn.apply(event),
        onLink: ({ state }) => live() && this.#store.set("link", state),
      });
      if (outcome === "over") await this.#conclude(turn);
    } catch (error) {
      if (signal.aborted) return;
      this.#lose(turn, error, live());
    }
    if (signal.aborted || !live()) return;
    this.#store.set("running", null);
    this.#store.set("link", "idle");
    this.#page.changed();
  }

  async #conclude(turn) {
    const run = await api.run(turn.runId);
    turn.end({ completed: "done" }[run.status] ?? run.status, run.error ? { error: "The run failed", detail: run.error } : null);
  }

  #lose(turn, error, wasLive) {
    const gone = error instanceof ApiError && error.status === 404;
    turn.end(turn.known ? "done" : "failed", turn.known ? null : { error: explain(error).title, detail: error.message });
    if (wasLive || !gone) this.#store.set("fault", explain(error));
  }
}
