// Holds what several views show; a view subscribes to the keys it draws.

export class Store {
  #values;
  #readers = new Map();

  constructor(values) {
    this.#values = { ...values };
  }

  get(key) {
    return this.#values[key];
  }

  set(key, value) {
    if (Object.is(this.#values[key], value)) return;
    this.#values[key] = value;
    for (const reader of this.#readers.get(key) ?? []) reader(value);
  }

  watch(key, reader) {
    const readers = this.#readers.get(key) ?? new Set();
    this.#readers.set(key, readers.add(reader));
    reader(this.#values[key]);
  }
}

export function newStore() {
  return new Store({
    threads: [],
    cursor: null,
    threadsState: "loading",
    agents: [],
    examples: [],
    thread: null,
    title: "New thread",
    running: null,
    link: "idle",
    fault: null,
  });
}
