// Groups a thread's messages into turns: a question, its run, and what was answered.

export function turnsOf(messages) {
  const turns = [];
  for (const message of messages) {
    if (message.role === "user") turns.push(turn(message, message.content));
    if (message.role === "assistant") answer(turns, message);
  }
  return turns;
}

function turn(message, question) {
  return { runId: message.run_id ?? null, question, answer: "" };
}

function answer(turns, message) {
  const same = turns.findLast((item) => item.runId !== null && item.runId === message.run_id);
  let target = same ?? (message.run_id ? null : turns.at(-1));
  if (!target) turns.push((target = turn(message, null)));
  target.answer = target.answer ? `${target.answer}\n\n${message.content}` : message.content;
}
