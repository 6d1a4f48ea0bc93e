import type { PutOptions } from '@sluice/queue';
import { parseJobId, SluiceError } from '@sluice/queue/contracts';
import { Option, type Command } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { nullIfAborted } from '../put/null-if-aborted.ts';
import { payloadLines, type PayloadLine } from '../put/payload-lines.ts';
import { type LineResult, type PutCounts, putLines } from '../put/put-lines.ts';
import { connectAsGuest, connectByApp, type PutTarget } from '../put/put-target.ts';
import { readPayload } from '../put/read-payload.ts';
import { connectQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownCount } from '../queues/shown-values.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { addJobOptions, dedupeOf, type JobFlags, putOptionsOf } from './put-flags.ts';
import { addRedisOptions, REDIS_NOTES, redisUrlOf, type RedisFlags } from './redis-options.ts';

interface PutFlags extends RedisFlags, JobFlags {
  idField?: string;
  dedupeField?: string;
  capacity?: number;
  app?: string;
  skip?: number;
  stopOnError?: true;
}

const NOTES = `
The payload is JSON. Without it, or with -, every line of standard input is a payload (NDJSON), put in order as fast as the queue has
capacity; blank lines are skipped. A line that is wrong is named by its number and refused, and the others are put. What concerns all
lines ends it: Redis away, a sealed queue, a queue that is full for longer than --wait, Ctrl-C. Then the command says behind which line
to go on (--skip). With --id-field, lines that are put twice are added once.

The job goes in as plain JSON, under the capacity that Redis knows; the worker checks it. A queue that Redis does not know is
refused, unless --capacity says how many jobs it may hold. With --app, the contract checks the payload, and the queue, its prefix and
its capacity are those of its definition.

Puts with one --dedupe-key become one job. Mode first: until it ends; throttle: for --dedupe-for from the first put; debounce: it starts
--dedupe-for after the last put, with its payload; latest: the last payload counts, and follows the job that runs.

In JSON, a receipt is {"queue","job","id","status","depth","capacity","waitedMs"}, and of a put that was joined to a running job "next",
the id under which its payload follows; of lines, each has "line", and a line that was
refused has "error": {"code","message"}.

Exit codes: 0 all put, 1 some lines were refused, 2 wrong usage or payload, 3 Redis failed, 5 no such queue, 6 the queue did not take
it: full for longer than --wait, sealed, or another payload has the id; 130 stopped by Ctrl-C. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli put emails email.send '{"to":"a@example.com"}'
  $ npx @sluice/cli put emails email.send '{"to":"a@example.com"}' --id order-17 --delay 10m
  $ npx @sluice/cli put emails email.send '{"to":"a@example.com"}' --app ./dist/app.js
  $ npx @sluice/cli put emails email.send '{"to":"a@example.com"}' --dedupe-key user-7 --dedupe-mode debounce --dedupe-for 30s
  $ npx @sluice/cli put emails email.send < emails.ndjson
  $ cat orders.ndjson | npx @sluice/cli put orders order.check --id-field orderId --json > receipts.ndjson
`;

/** `sluice put`: puts one job, or one for each line. */
export function addPutCommand(program: Command, context: CommandContext): void {
  const command = addJobOptions(
    program
      .command('put')
      .summary('put a job, or one for each line of standard input')
      .description('Puts a job into a queue, or one for each line of standard input, waiting for capacity.')
      .argument('<queue>', 'name of the queue')
      .argument('<job>', 'kind of the job: the name of its contract')
      .argument('[payload]', 'JSON; - or none: one payload on each line of standard input'),
  )
    .option(
      '--capacity <n>',
      'for a queue that Redis does not know: how many jobs it may hold',
      count(1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(
      new Option('--app <module>', 'app module that defines the queue: its contract checks the payload').conflicts(
        'capacity',
      ),
    )
    .option('--skip <n>', 'of lines: leave out this many at the start', count(0, Number.MAX_SAFE_INTEGER))
    .option('--stop-on-error', 'of lines: end at the first that is wrong');
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((queue: string, job: string, payload: string | undefined, flags: PutFlags) =>
      put({ queue, job, payload: payload === '-' ? undefined : payload }, flags, context),
    );
}

interface Wanted {
  queue: string;
  job: string;
  /** Undefined for lines of standard input. */
  payload: string | undefined;
}

async function put(wanted: Wanted, flags: PutFlags, context: CommandContext): Promise<void> {
  const single = wanted.payload === undefined ? undefined : { value: readPayload(wanted.payload) };
  checkFlags(single !== undefined, flags, context);
  const target = await connectTarget(wanted, flags, context);
  await using _producer = target.producer;
  if (single) await putOne(target, single.value, flags, context);
  else await putAll(target, flags, context);
}

async function connectTarget({ queue, job }: Wanted, flags: PutFlags, context: CommandContext): Promise<PutTarget> {
  const { prefix, capacity, app } = flags;
  const redis = redisUrlOf(flags, context);
  if (app !== undefined) return connectByApp({ queue, job, redis, logger: context.log, app });
  await using queues = await connectQueues(flags, context);
  return await connectAsGuest(queues, { queue, job, prefix, redis, logger: context.log, capacity });
}

function checkFlags(isSingle: boolean, flags: PutFlags, { stdin }: CommandContext): void {
  const { id, idField, dedupeField, skip, stopOnError } = flags;
  checkDedupe(flags);
  if (isSingle) {
    const wrong = Object.entries({
      '--id-field': idField,
      '--dedupe-field': dedupeField,
      '--skip': skip,
      '--stop-on-error': stopOnError,
    });
    const [first] = wrong.filter(([, value]) => value !== undefined);
    if (first) throw new UsageError(`${first[0]} is for lines of standard input, and a payload is given`);
    return;
  }
  if (id !== undefined)
    throw new UsageError('--id is for one job; of lines, --id-field names the member that is the id');
  if ('isTTY' in stdin && stdin.isTTY === true) {
    throw new UsageError('no payload is given: write it behind the job, or pipe lines of JSON to standard input');
  }
}

function checkDedupe(flags: PutFlags): void {
  const { dedupeKey, dedupeField, dedupeMode, dedupeFor } = flags;
  if (dedupeKey !== undefined && dedupeField !== undefined) {
    throw new UsageError(
      '--dedupe-key is one key for all; leave it out where --dedupe-field names the member that is the key',
    );
  }
  const key = dedupeKey ?? dedupeField;
  if (key !== undefined) dedupeOf(key, flags);
  else if (dedupeMode !== undefined || dedupeFor !== undefined) {
    throw new UsageError('--dedupe-mode and --dedupe-for need --dedupe-key, or --dedupe-field of lines');
  }
}

async function putOne(target: PutTarget, payload: unknown, flags: PutFlags, context: CommandContext): Promise<void> {
  const { producer, job } = target;
  const { interrupted } = context;
  const receipt = await producer
    .put(job, payload, { ...putOptionsOf(flags), signal: interrupted })
    .catch(nullIfAborted(interrupted));
  if (!receipt) return context.exitWith(exitCodes.interrupted);
  const record = { queue: producer.queue.name, ...receipt };
  const { status, id, depth, capacity, waitedMs } = receipt;
  const waited = waitedMs > 0 ? `, waited ${waitedMs} ms` : '';
  const text = `${status} ${printable(id)}: ${shownCount(depth)} of ${shownCount(capacity)} jobs${waited}\n`;
  await new Output(context.stdout).write(flags.json ? jsonLine(record) : text);
}

async function putAll(target: PutTarget, flags: PutFlags, context: CommandContext): Promise<void> {
  const { stdin, stdout, stderr, interrupted } = context;
  const output = new Output(stdout);
  const options = { waitMs: Infinity, ...putOptionsOf(flags) };
  const counts = await putLines(skipped(payloadLines(stdin as AsyncIterable<Buffer | string>), flags.skip ?? 0), {
    put: async (line, signal) => {
      const payload = readLine(line);
      const own: PutOptions = { ...options, signal };
      if (flags.idField !== undefined) own.id = parseJobId(memberOf(payload, flags.idField));
      if (flags.dedupeField !== undefined) own.dedupe = dedupeOf(memberOf(payload, flags.dedupeField), flags);
      return target.producer.put(target.job, payload, own);
    },
    onResult: async (result) => {
      if (flags.json) await output.write(jsonLine(resultRecord(target.producer.queue.name, result)));
      else if (result.receipt === undefined)
        stderr.write(`line ${result.line}: ${printable(messageOf(result.error))}\n`);
    },
    stopsOnError: flags.stopOnError ?? false,
    interrupted,
  });
  stderr.write(summaryOf(counts, interrupted.aborted));
  context.exitWith(exitCodeFor(counts, interrupted.aborted));
}

async function* skipped(lines: AsyncIterable<PayloadLine>, upTo: number): AsyncGenerator<PayloadLine> {
  for await (const line of lines) if (line.line > upTo) yield line;
}

function readLine({ text, flaw }: PayloadLine): unknown {
  if (text !== null) return readPayload(text);
  throw new UsageError(flaw === 'too-long' ? 'the line is longer than 1 MiB' : 'the line is no UTF-8');
}

/** The member of a payload that is an id or a key. */
function memberOf(payload: unknown, field: string): string {
  const value = typeof payload === 'object' && payload !== null ? Reflect.get(payload, field) : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new UsageError(`it has no ${field} that is a string or a number`);
}

function resultRecord(queue: string, { line, receipt, error }: LineResult): object {
  if (receipt) return { line, queue, ...receipt };
  return { line, error: { code: error instanceof SluiceError ? error.code : 'ERROR', message: messageOf(error) } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function summaryOf(counts: PutCounts, isInterrupted: boolean): string {
  const { put: putCount, refused, ended, doneUpTo, inBehind } = counts;
  const done = `${shownCount(putCount)} put${refused > 0 ? `, ${shownCount(refused)} refused` : ''}`;
  if (ended === undefined) return `${done}\n`;
  const why = isInterrupted ? 'stopped' : `ended: ${printable(messageOf(ended))}`;
  const also = inBehind.length > 0 ? `; behind it, these are in as well: ${inBehind.join(', ')}` : '';
  return `${why}\n${done}. Every line up to ${doneUpTo} is done${also}. To go on: --skip ${doneUpTo}\n`;
}

function exitCodeFor({ ended, refused }: PutCounts, isInterrupted: boolean): number {
  if (isInterrupted) return exitCodes.interrupted;
  if (ended !== undefined) return exitCodeOf(ended);
  return refused > 0 ? exitCodes.someFailed : exitCodes.done;
}
