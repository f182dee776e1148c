// The list of threads as the server has it, page by page.

import { announceStatus } from "./announce.js";
import { api } from "./api.js";
import { explain } from "./faults.js";
import { confirmDeletion } from "./view-confirm.js";

export class Threads {
  #store;

  constructor(store) {
    this.#store = store;
  }

  // Reads the first page again; what was loaded beyond it stays.
  async refresh() {
    try {
      const page = await api.threads(null);
      const first = new Set(page.threads.map((thread) => thread.thread_id));
      const older = this.#store.get("threads").slice(page.threads.length ? 0 : Infinity);
      const kept = page.next_cursor ? older.filter((thread) => !first.has(thread.thread_id)) : [];
      if (!kept.length) this.#store.set("cursor", page.next_cursor);
      this.#store.set("threads", [...page.threads, ...kept]);
      this.#store.set("threadsState", "ready");
    } catch (error) {
      this.#store.set("threadsState", error.status === 401 ? "locked" : "failed");
      if (!this.#store.get("fault")) this.#store.set("fault", explain(error));
    }
  }

  async loadMore() {
    try {
      const page = await api.threads(this.#store.get("cursor"));
      const known = new Set(this.#store.get("threads").map((thread) => thread.thread_id));
      const more = page.threads.filter((thread) => !known.has(thread.thread_id));
      this.#store.set("threads", [...this.#store.get("threads"), ...more]);
      this.#store.set("cursor", page.next_cursor);
      announceStatus(`${more.length} more threads.`);
    } catch (error) {
      this.#store.set("fault", explain(error));
    }
  }

  // Resolves to whether the thread is gone.
  async remove(thread) {
    if (!(await confirmDeletion(thread.title || "Untitled thread"))) return false;
    try {
      await api.deleteThread(thread.thread_id);
    } catch (error) {
      if (error.status !== 404) {
        this.#store.set("fault", explain(error));
        return false;
      }
    }
    this.#store.set("threads", this.#store.get("threads").filter((item) => item.thread_id !== thread.thread_id));
    announceStatus("Thread deleted.");
    return true;
  }
}
