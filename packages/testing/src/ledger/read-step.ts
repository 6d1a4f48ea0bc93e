/** An event that BullMQ's stream got. */
export interface QueueEvent {
  atMs: number;
  name: string;
  /** As stored. */
  id: string;
  fields: ReadonlyMap<string, string>;
}

/** What of one transaction is about jobs and the line, in its order by kind. */
export interface Step {
  events: QueueEvent[];
  /** Job hashes that got a payload: stored id → JSON. */
  data: Map<string, string>;
  /** Job hashes that got the name of a worker: stored id → name. */
  workers: Map<string, string>;
  /** Locks that were set: stored id → token and end. */
  locks: Map<string, { token: string; endsMs: number }>;
  /** Locks whose end was moved: stored id → end. */
  extended: Map<string, number>;
  /** Whose admission run this is. */
  producer: string | null;
  /** Tickets: where they stand, what they want, and who left. */
  arrivals: Map<string, number>;
  wants: Map<string, { wanted: number; endsMs: number }>;
  left: Set<string>;
  /** The line went as a whole. */
  lineGone: boolean;
}

type Words = readonly string[];

const REPLY_KEY = 'sluice:reply:';

/** Reads what one transaction did to the queue whose keys start with `base`. Everything else in it is passed over. */
export function readStep(commands: readonly (readonly Buffer[])[], base: string): Step {
  const step: Step = {
    events: [],
    data: new Map(),
    workers: new Map(),
    locks: new Map(),
    extended: new Map(),
    producer: null,
    arrivals: new Map(),
    wants: new Map(),
    left: new Set(),
    lineGone: false,
  };
  for (const command of commands) {
    const key = command[1]?.toString() ?? '';
    if (key.startsWith(base)) readCommand(step, key.slice(base.length), command.map(String));
  }
  return step;
}

function readCommand(step: Step, key: string, words: Words): void {
  const name = words[0]?.toUpperCase() ?? '';
  if (key === 'events') return name === 'XADD' ? readEvent(step, words) : undefined;
  if (key === 'sluice:waiters' || key === 'sluice:tickets') return readLine(step, key, name, words);
  if (key.endsWith(':lock')) return readLock(step, key.slice(0, -':lock'.length), name, words);
  if (key.startsWith(REPLY_KEY)) {
    if (name === 'SET') step.producer = key.slice(REPLY_KEY.length).split(':')[0] ?? null;
    return;
  }
  if (name === 'HSET' || name === 'HMSET') {
    const fields = pairs(words.slice(2));
    const data = fields.get('data');
    const worker = fields.get('pb');
    if (data !== undefined && fields.has('name')) step.data.set(key, data);
    if (worker !== undefined) step.workers.set(key, worker);
  }
}

/** XADD key [MAXLEN ~ n] <ms>-<seq> field value … */
function readEvent(step: Step, words: Words): void {
  const at = words.findIndex((word, index) => index > 1 && /^\d+-\d+$/.test(word));
  const fields = pairs(words.slice(at + 1));
  const name = fields.get('event') ?? '';
  step.events.push({ atMs: Number(words[at]?.split('-')[0]), name, id: fields.get('jobId') ?? '', fields });
}

/** Redis writes ends of life as points in time: SET key token PXAT ms, PEXPIREAT key ms. */
function readLock(step: Step, id: string, name: string, words: Words): void {
  if (name === 'SET') step.locks.set(id, { token: words[2] ?? '', endsMs: Number(words[4]) });
  if (name === 'PEXPIREAT') step.extended.set(id, Number(words[2]));
}

function readLine(step: Step, key: string, name: string, words: Words): void {
  if (name === 'DEL' || name === 'UNLINK') step.lineGone = true;
  else if (name === 'ZADD') step.arrivals.set(words[3] ?? '', Number(words[2]));
  else if (name === 'ZREM' && key === 'sluice:waiters') for (const ticket of words.slice(2)) step.left.add(ticket);
  else if (name === 'HSET') {
    for (const [ticket, value] of pairs(words.slice(2))) {
      const [wanted, endsMs] = value.split(' ').map(Number);
      step.wants.set(ticket, { wanted: wanted ?? 0, endsMs: endsMs ?? 0 });
    }
  }
}

function pairs(words: Words): Map<string, string> {
  const map = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) map.set(words[at] ?? '', words[at + 1] ?? '');
  return map;
}
