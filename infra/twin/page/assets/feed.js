// Asks every two seconds what has changed; rests while nobody looks, and is patient with a twin that is away.

import { RefusedError, changes } from "./api.js";

const PACE_MS = 2_000;
const SLOWEST_MS = 15_000;

export class Feed {
  constructor(onChange, onState) {
    this.onChange = onChange;
    this.onState = onState;
    this.tags = new Map();
    this.places = new Map();
    this.pause = PACE_MS;
    this.timer = 0;
    this.busy = false;
    document.addEventListener("visibilitychange", () => this.look());
  }

  look() {
    clearTimeout(this.timer);
    if (document.hidden) this.onState("paused");
    else this.turn();
  }

  async turn() {
    if (this.busy) return;
    this.busy = true;
    try {
      const body = await changes(this.tags, this.places);
      this.take(body);
      this.pause = PACE_MS;
      this.onState("live");
    } catch (error) {
      if (error instanceof RefusedError) {
        this.onState("over");
        return;
      }
      this.pause = Math.min(this.pause * 2, SLOWEST_MS);
      this.onState("lost");
    } finally {
      this.busy = false;
    }
    if (!document.hidden) this.timer = setTimeout(() => this.turn(), this.pause);
  }

  take(body) {
    this.onChange(body);
    for (const [name, section] of Object.entries(body.sections)) this.tags.set(name, section.tag);
    for (const [app, part] of Object.entries(body.logs)) this.places.set(app, part.next);
  }
}
