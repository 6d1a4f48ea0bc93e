/** A server-sent event, its data parsed. `retry` is an event of its own here. */
export interface ReadEvent {
  readonly event: string;
  readonly id?: string;
  readonly data?: unknown;
  readonly retryMs?: number;
}

/** A stream of server-sent events that a test reads on. */
export interface EventReader {
  readonly response: Response;
  /** What has come so far. */
  readonly events: ReadEvent[];
  /** How many comments: heartbeats. */
  comments: number;
  /** Resolves once the server has ended it. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens a stream and reads it. */
export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  const seen: Seen = { events: [], comments: 0 };
  const ended = readBody(response, seen);
  ended.catch(() => undefined); // closed by the test
  return Object.assign(seen, { response, ended, close: () => leaving.abort() });
}

type Seen = Pick<EventReader, 'events' | 'comments'>;

async function readBody(response: Response, seen: Seen): Promise<void> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) note(seen, frame);
  }
}

function note(reader: Seen, frame: string): void {
  if (frame.startsWith(':')) return void (reader.comments += 1);
  const fields = Object.fromEntries(frame.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? []));
  const { event, id, data, retry } = fields as Record<string, string | undefined>;
  if (retry !== undefined) return void reader.events.push({ event: 'retry', retryMs: Number(retry) });
  reader.events.push({ event: event ?? '', ...(id !== undefined && { id }), data: JSON.parse(data ?? 'null') });
}
