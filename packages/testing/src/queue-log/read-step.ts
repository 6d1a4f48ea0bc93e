/** An entry of BullMQ's event stream. */
export interface QueueEvent {
  atMs: number;
  name: string;
  /** As stored. */
  id: string;
  fields: ReadonlyMap<string, string>;
}

/** What one transaction did to jobs and to the waiter queue, by kind. */
export interface Step {
  events: QueueEvent[];
  /** Job hashes that were made: stored id → contract and payload as JSON. */
  added: Map<string, { job: string; data: string }>;
  /** Job hashes that got another payload: stored id → JSON. */
  edits: Map<string, string>;
  /** Job hashes that got the name of a worker: stored id → name. */
  workers: Map<string, string>;
  /** Locks that were set: stored id → token and end. */
  locks: Map<string, { token: string; endsMs: number }>;
  /** Locks whose end was moved: stored id → end. */
  extended: Map<string, number>;
  /** What the capacity was set to, if it was. */
  capacity: number | null;
  /** Limits that were changed: contract, or null for the queue → how many jobs may run at once; null for no limit. */
  running: Map<string | null, number | null>;
  /** Whether it was paused or resumed. */
  paused: boolean | null;
  /** The producer, if the transaction is an admission. */
  producer: string | null;
  /** Tickets: their arrivals, what they want, and which were removed. */
  arrivals: Map<string, number>;
  wants: Map<string, { wanted: number; endsMs: number }>;
  left: Set<string>;
  /** The whole waiter queue was deleted. */
  waitersDeleted: boolean;
}

type Args = readonly string[];

const REPLY_KEY = 'sluice:reply:';

/** Reads what one transaction did to the queue whose keys start with `base`. Everything else in it is ignored. */
export function readStep(commands: readonly (readonly Buffer[])[], base: string): Step {
  const step: Step = {
    events: [],
    added: new Map(),
    edits: new Map(),
    workers: new Map(),
    locks: new Map(),
    extended: new Map(),
    capacity: null,
    running: new Map(),
    paused: null,
    producer: null,
    arrivals: new Map(),
    wants: new Map(),
    left: new Set(),
    waitersDeleted: false,
  };
  for (const command of commands) {
    const key = command[1]?.toString() ?? '';
    if (key.startsWith(base)) readCommand(step, key.slice(base.length), command.map(String));
  }
  return step;
}

function readCommand(step: Step, key: string, args: Args): void {
  const name = args[0]?.toUpperCase() ?? '';
  if (key === 'events') return name === 'XADD' ? readEvent(step, args) : undefined;
  if (key === 'sluice:waiters' || key === 'sluice:tickets') return readWaiters(step, key, name, args);
  if (key.endsWith(':lock')) return readLock(step, key.slice(0, -':lock'.length), name, args);
  if (key.startsWith(REPLY_KEY)) {
    if (name === 'SET') step.producer = key.slice(REPLY_KEY.length).split(':')[0] ?? null;
    return;
  }
  if (key === 'sluice:limits') return readContractLimits(step, name, args);
  if (name === 'HSET' || name === 'HMSET') {
    const fields = pairs(args.slice(2));
    const data = fields.get('data');
    const worker = fields.get('pb');
    const job = fields.get('name');
    if (data !== undefined && job !== undefined) step.added.set(key, { job, data });
    else if (data !== undefined) step.edits.set(key, data);
    if (worker !== undefined) step.workers.set(key, worker);
    const capacity = key === 'meta' ? fields.get('sluice.capacity') : undefined;
    if (capacity !== undefined) step.capacity = Number(capacity);
    if (key === 'meta') readSettings(step, fields);
  }
  if (name === 'HDEL' && key === 'meta') readCleared(step, args);
}

function readSettings(step: Step, fields: ReadonlyMap<string, string>): void {
  if (fields.has('paused')) step.paused = true;
  const running = fields.get('concurrency');
  if (running !== undefined) step.running.set(null, Number(running));
}

function readCleared(step: Step, args: Args): void {
  if (args.includes('paused')) step.paused = false;
  if (args.includes('concurrency')) step.running.set(null, null);
}

/** HSET key contract '<running> <jobs> <perMs> <paused>' …, 0 for no limit; HDEL key contract … */
function readContractLimits(step: Step, name: string, args: Args): void {
  if (name === 'HDEL') for (const job of args.slice(2)) step.running.set(job, null);
  if (name === 'HSET')
    for (const [job, limit] of pairs(args.slice(2))) step.running.set(job, parseInt(limit, 10) || null);
}

/** XADD key [MAXLEN ~ n] <ms>-<seq> field value … */
function readEvent(step: Step, args: Args): void {
  const at = args.findIndex((arg, index) => index > 1 && /^\d+-\d+$/.test(arg));
  const fields = pairs(args.slice(at + 1));
  const name = fields.get('event') ?? '';
  step.events.push({ atMs: Number(args[at]?.split('-')[0]), name, id: fields.get('jobId') ?? '', fields });
}

/** Redis logs expiries as points in time: SET key token PXAT ms, PEXPIREAT key ms. */
function readLock(step: Step, id: string, name: string, args: Args): void {
  if (name === 'SET') step.locks.set(id, { token: args[2] ?? '', endsMs: Number(args[4]) });
  if (name === 'PEXPIREAT') step.extended.set(id, Number(args[2]));
}

function readWaiters(step: Step, key: string, name: string, args: Args): void {
  if (name === 'DEL' || name === 'UNLINK') step.waitersDeleted = true;
  else if (name === 'ZADD') step.arrivals.set(args[3] ?? '', Number(args[2]));
  else if (name === 'ZREM' && key === 'sluice:waiters') for (const ticket of args.slice(2)) step.left.add(ticket);
  else if (name === 'HSET') {
    for (const [ticket, value] of pairs(args.slice(2))) {
      const [wanted, endsMs] = value.split(' ').map(Number);
      step.wants.set(ticket, { wanted: wanted ?? 0, endsMs: endsMs ?? 0 });
    }
  }
}

function pairs(args: Args): Map<string, string> {
  const map = new Map<string, string>();
  for (let at = 0; at + 1 < args.length; at += 2) map.set(args[at] ?? '', args[at + 1] ?? '');
  return map;
}
