import { connectAdmin, type EditAnswer, type JobEdit } from '@sluice/queue';
import { limits, parseJobId } from '@sluice/queue/contracts';
import { JsonText } from '@sluice/queue/json';
import { loadApp, parseDuration } from '@sluice/service';
import { type Command, InvalidArgumentError } from 'commander';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';
import { addRedisOptions, redisUrlOf, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface EditFlags extends RedisFlags {
  payload?: JsonText;
  app?: string;
  unchecked?: true;
  priority?: number | 'none';
  delay?: number;
  expires?: number | 'never';
}

const NOTES = `
Only a job that has not started, or that waits for its next attempt, is edited, whole or not at all. A payload is checked by the contract
of an app module (--app), or stored as it is given, digit by digit (--unchecked). The job keeps its position, but for a new priority
or delay. A put of its first payload under its id is still a duplicate.

Exit codes: 0 edited, 2 wrong usage, 3 Redis failed, 5 no such queue or job, 6 the job cannot be edited: it runs, has ended, or must keep
its place. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli edit emails order-17 --payload '{"to":"b@example.com"}' --app ./dist/app.js
  $ npx @sluice/cli edit emails order-17 --priority 1
  $ npx @sluice/cli edit emails order-17 --delay 10m --expires 2h
  $ npx @sluice/cli edit emails order-17 --priority none --expires never --json
`;

/** `sluice edit`: changes a job that waits. */
export function addEditCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('edit')
    .summary('change a job that waits')
    .description('Changes the payload, the priority, the delay or the expiry of a job that waits.')
    .argument('<queue>', 'name of the queue')
    .argument('<id>', 'id of the job')
    .option('--payload <json>', 'the new payload', readJson)
    .option('--app <module>', 'app module whose contract checks the payload: a path, a file: URL or a package')
    .option('--unchecked', 'store the payload although no contract checks it')
    .option('--priority <n>', 'the new priority, 1 being the most urgent; none for none', readPriority)
    .option(
      '--delay <duration>',
      'from now on how long it may not start; 0s: it may start',
      duration(0, limits.delayMaxMs),
    )
    .option(
      '--expires <time>',
      'when it is not worth starting any more: a duration from now, a time, or never',
      readExpiry,
    );
  addRedisOptions(command)
    .addHelpText('after', NOTES)
    .action((name: string, id: string, flags: EditFlags) => edit({ name, id: parseJobId(id) }, flags, context));
}

async function edit(
  { name, id }: { name: string; id: string },
  flags: EditFlags,
  context: CommandContext,
): Promise<void> {
  const changes = changesOf(flags);
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const answer =
      flags.payload && flags.app !== undefined
        ? await editByApp({ name, id, app: flags.app }, changes, { flags, context })
        : await queue.edit(id, changes);
    if (answer === 'unknown') throw new NotFoundError(`${name} keeps no job ${printable(id)}`);
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, id, result: answer }));
    else await output.write(`${printable(id)}: ${words[answer]}\n`);
    if (answer !== 'edited') context.exitWith(exitCodes.refused);
  });
}

/** By the definition of an app, so that the contract checks the payload. */
async function editByApp(
  { name, id, app }: { name: string; id: string; app: string },
  changes: JobEdit,
  { flags, context }: { flags: EditFlags; context: CommandContext },
): Promise<EditAnswer> {
  const { queues } = await loadApp(app, { where: '--app' });
  const definition = queues.find((each) => each.name === name);
  if (!definition)
    throw new UsageError(`the app ${app} has no queue ${name}: it has ${queues.map((each) => each.name).join(', ')}`);
  const queue = { ...definition, prefix: flags.prefix };
  await using admin = await connectAdmin(queue, { redis: redisUrlOf(flags, context), logger: context.log });
  return admin.edit(id, changes);
}

/** @throws UsageError when nothing is to be changed, or nobody says who checks the payload */
function changesOf({ payload, app, unchecked, priority, delay, expires }: EditFlags): JobEdit {
  const changes: JobEdit = {
    ...(payload && { payload, ...(app === undefined && unchecked && { unchecked }) }),
    ...(priority !== undefined && { priority: priority === 'none' ? null : priority }),
    ...(delay !== undefined && { delayMs: delay }),
    ...(expires !== undefined && { expiresAt: expires === 'never' ? null : expires }),
  };
  if (Object.keys(changes).length === 0)
    throw new UsageError('say what to change: --payload, --priority, --delay or --expires');
  if (payload && app === undefined && !unchecked)
    throw new UsageError('say what checks the payload: --app ./dist/app.js, or --unchecked for nothing');
  return changes;
}

const words: Readonly<Record<EditAnswer, string>> = {
  edited: 'edited',
  active: 'it runs: nothing was changed',
  ended: 'it has ended: nothing was changed',
  unknown: 'no such job is kept',
  'waiting-children': 'it waits for its children: nothing was changed',
  scheduled: 'it is the next run of a schedule: change the schedule; nothing was changed',
  suspect: 'it may have ended a worker and must keep its place: nothing was changed; its payload and expiry can be',
  deduplicated: 'its dedupe key has a time of its own: the delay cannot be changed, and nothing was',
  foreign: 'a plain BullMQ client put it, whose jobs have no expiry: nothing was changed',
};

function readJson(text: string): JsonText {
  try {
    return new JsonText(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON, such as {"to":"b@example.com"}.');
  }
}

// The parser of the command line takes null for a value that is missing.
function readPriority(text: string): number | 'none' {
  return text === 'none' ? text : count(1, limits.priorityMax)(text);
}

function readExpiry(text: string): number | 'never' {
  if (text === 'never') return text;
  const inMs = /[a-z]$/.test(text.trim()) ? parseDuration(text) : null;
  const time = inMs === null ? Date.parse(text.trim()) : Date.now() + inMs;
  if (/^\d{4}-\d\d-\d\d/.test(text.trim()) || inMs !== null) {
    if (time > Date.now()) return time;
  }
  throw new InvalidArgumentError(
    'It must be a duration from now, such as 2h, a time to come, such as 2027-01-31T14:00:00Z, or never.',
  );
}
