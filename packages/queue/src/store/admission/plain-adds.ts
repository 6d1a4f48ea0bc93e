import type { JobJson } from 'bullmq';

/** A job of a BullMQ client without delay, priority, parent or deduplication, behind all that wait: admit-adds.lua writes it. */
export interface PlainAdd {
  /** Empty for the next number. */
  readonly id: string;
  readonly name: string;
  /** When it was added, in whole milliseconds since the epoch. */
  readonly at: number;
  /** The payload as JSON. */
  readonly data: string;
  /** As BullMQ packs them. */
  readonly options: Buffer;
}

/** What BullMQ hands to its add scripts, in this order. */
type AddArguments = readonly unknown[];

/**
 * The job of a call of BullMQ's addStandardJob, when it is plain. Undefined as well where BullMQ's script may store a value in
 * another form than ours would.
 */
export function plainAddOf(job: JobJson, options: Buffer, args: AddArguments): PlainAdd | undefined {
  const [, id, name, at, ...others] = args;
  const { lifo, deduplication } = job.opts;
  if (lifo || deduplication || others.some((other) => other !== null && other !== undefined)) return undefined;
  if (!isText(id) || !isText(name) || !isTime(at)) return undefined;
  return { id, name, at, data: job.data, options };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** ARGV of admit-adds.lua. @param capacity where Redis has none; 0 for unbounded */
export function plainAddArguments(capacity: number, adds: readonly PlainAdd[]): (string | Buffer)[] {
  const args: (string | Buffer)[] = [String(capacity)];
  for (let from = 0; from < adds.length;) from = appendRun(args, adds, from);
  return args;
}

/** Writes down the jobs from this position on that have all but id and payload in common. Returns the position behind them. */
function appendRun(args: (string | Buffer)[], adds: readonly PlainAdd[], from: number): number {
  const first = adds[from] as PlainAdd;
  const hasIds = first.id !== '';
  const start = args.length;
  args.push('', hasIds ? '1' : '0', first.name, String(first.at), first.options);
  let next = from;
  for (let add: PlainAdd | undefined = first; add && isOfRun(add, first); add = adds[next]) {
    if (hasIds) args.push(add.id);
    args.push(add.data);
    next += 1;
  }
  args[start] = String(next - from);
  return next;
}

function isOfRun(add: PlainAdd, first: PlainAdd): boolean {
  if (add === first) return true;
  return (
    add.at === first.at &&
    add.name === first.name &&
    (add.id === '') === (first.id === '') &&
    add.options.equals(first.options)
  );
}
