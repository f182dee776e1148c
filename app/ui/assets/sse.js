// Reads a response body as server-sent events: yields {id, event, data}, and null for a comment (a sign of life).

export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let frame = { id: null, event: "message", data: [] };
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith(":")) yield null;
        else if (line !== "") field(frame, line);
        else {
          if (frame.data.length) yield { ...frame, data: frame.data.join("\n") };
          frame = { id: null, event: "message", data: [] };
        }
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function field(frame, line) {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") frame.data.push(value);
  else if (name === "id" || name === "event") frame[name] = value;
}
