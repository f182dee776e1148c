// Folds a run's events into a tree of agents, tools and thoughts, and into the answer. Touches no DOM.

export class RunLog {
  constructor() {
    this.events = [];
    this.seq = 0;
    this.state = "running";
    this.answer = "";
    this.missing = [];
    this.usage = null;
    this.fault = null;
    this.skew = Infinity;
    this.agents = new Map();
    this.tools = new Map();
    this.root = null;
  }

  // Returns the nodes that are new or changed, parents first.
  apply(event) {
    this.events.push(event);
    this.seq = event.seq;
    const time = Date.parse(event.time);
    this.skew = Math.min(this.skew, Date.now() - time);
    const changed = HANDLERS[event.type]?.(this, event, time) ?? [];
    if (event.final) this.#close(event);
    return changed;
  }

  get over() {
    return this.state !== "running";
  }

  get counts() {
    return { agents: this.agents.size, tools: this.tools.size };
  }

  get seconds() {
    const [first, last] = [this.events[0], this.events.at(-1)];
    if (!first) return 0;
    const end = this.over ? Date.parse(last.time) : Date.now() - this.skew;
    return (end - Date.parse(first.time)) / 1000;
  }

  owner(event) {
    const byId = this.agents.get(event.data.agent_run_id);
    if (byId) return byId;
    const named = [...this.agents.values()].filter((node) => node.name === event.agent);
    return named.findLast((node) => node.state === "running") ?? named.at(-1) ?? this.root;
  }

  #close(event) {
    if (event.type === "approval_requested") this.state = "waiting";
    else if (event.type === "agent_completed") this.state = event.data.completed === false ? "partial" : "done";
    else this.state = event.data.error === "Cancelled" ? "cancelled" : "failed";
  }
}

const HANDLERS = {
  agent_started(log, event, time) {
    const { agent_run_id: id, parent_run_id: above, parent, context_hash: hash } = event.data;
    const owner = log.agents.get(above) ?? (parent ? log.root : null);
    const node = add(owner, { kind: "agent", name: event.agent, state: "running", since: time, hash });
    log.agents.set(id ?? `${event.agent}-${event.seq}`, node);
    if (owner) return [node];
    log.root = node;
    log.answer = "";
    return [node];
  },

  agent_thinking(log, event, time) {
    const owner = log.owner(event);
    const { text, delta } = event.data;
    if (delta === undefined) return text ? [add(owner, { kind: "thought", text, since: time })] : [];
    if (owner === log.root) log.answer += delta;
    if (owner?.writing) return [];
    const writing = add(owner, { kind: "thought", text: "Writing the answer", since: time });
    if (owner) owner.writing = writing;
    return [writing];
  },

  tool_executing(log, event, time) {
    const { tool, tool_call_id: id, input } = event.data;
    const node = add(log.owner(event), { kind: "tool", name: tool, state: "running", since: time, input });
    log.tools.set(id, node);
    return [node];
  },

  tool_completed(log, event) {
    const { tool_call_id: id, output, error, seconds } = event.data;
    const node = log.tools.get(id);
    if (!node) return [];
    const failed = error !== undefined && error !== null;
    Object.assign(node, { state: failed ? "failed" : "done", output, error: failed ? error : null, seconds });
    return [node];
  },

  agent_completed(log, event, time) {
    const node = log.owner(event);
    const { message, usage, missing } = event.data;
    if (node) end(node, "done", time);
    if (node === log.root) {
      log.answer = message ?? log.answer;
      log.usage = usage ?? null;
      log.missing = Array.isArray(missing) ? missing : [];
    } else if (node && message) node.message = message;
    return ended(node);
  },

  agent_failed(log, event, time) {
    const node = log.owner(event);
    const { error, detail, recovered_by: by } = event.data;
    if (node) end(node, error === "Cancelled" ? "cancelled" : "failed", time);
    if (node) node.fault = { error, detail, by };
    if (node === log.root) log.fault = by ? null : { error, detail };
    return ended(node);
  },

  approval_requested(log, event, time) {
    log.fault = { error: "Waiting for approval", detail: event.data.question };
    return [add(log.owner(event), { kind: "thought", text: event.data.question ?? "Asks for approval", since: time })];
  },
};

function add(owner, node) {
  return Object.assign(node, { parent: owner ?? null });
}

function ended(node) {
  if (!node?.writing) return node ? [node] : [];
  node.writing.text = node.state === "done" ? "Wrote the answer" : "Broke off the answer";
  return [node, node.writing];
}

function end(node, state, time) {
  node.state = state;
  node.seconds = (time - node.since) / 1000;
}
