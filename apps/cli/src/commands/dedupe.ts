import type { DedupeOwner } from '@sluice/queue';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import type { CommandContext } from './command-context.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

interface Wanted {
  readonly queue: string;
  readonly job: string;
  readonly key: string;
}

const notesOf = (name: string, json: string): string => `
In JSON: ${json}.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such queue, or no job has the key. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli dedupe ${name} emails email.send user-7
  $ npx @sluice/cli dedupe ${name} emails email.send user-7 --json
`;

/** `sluice dedupe show` and `remove`: the key under which puts become one job. */
export function addDedupeCommand(program: Command, context: CommandContext): void {
  const dedupe = program
    .command('dedupe')
    .summary('see or end the key under which puts become one job')
    .addHelpText('after', notesOf('show', '--help of show and remove has the fields'));
  add(dedupe, 'show', 'Shows with which job further puts of a key are joined.', (wanted, flags) =>
    show(wanted, flags, context),
  ).addHelpText('after', notesOf('show', '{"queue","job","key","id","endsInMs","next"}'));
  add(
    dedupe,
    'remove',
    'Ends a key early: the next put is a job of its own. The job that has the key goes on.',
    (wanted, flags) => remove(wanted, flags, context),
  ).addHelpText('after', notesOf('remove', '{"queue","job","key","removed"}'));
}

function add(
  dedupe: Command,
  name: string,
  description: string,
  run: (wanted: Wanted, flags: RedisFlags) => Promise<void>,
): Command {
  const command = dedupe
    .command(name)
    .description(description)
    .argument('<queue>', 'name of the queue')
    .argument('<job>', 'kind of the job: the name of its contract')
    .argument('<key>', 'as it was put');
  return addRedisOptions(command).action((queue: string, job: string, key: string, flags: RedisFlags) =>
    run({ queue, job, key }, flags),
  );
}

async function show(wanted: Wanted, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, wanted.queue);
    const owner = await queue.dedupe.find(wanted.job, wanted.key);
    if (!owner) context.exitWith(exitCodes.notFound);
    const json = owner ?? { id: null, endsInMs: null, next: null };
    await new Output(context.stdout).write(flags.json ? jsonLine({ ...wanted, ...json }) : textOf(wanted, owner));
  });
}

function textOf({ key }: Wanted, owner: DedupeOwner | null): string {
  if (!owner) return `no job has the key ${printable(key)}\n`;
  const end = owner.endsInMs === null ? 'until that job ends' : `for ${owner.endsInMs} ms more`;
  const next = owner.next === null ? '' : `; then ${printable(owner.next)} follows, with the payload that was put last`;
  return `puts of ${printable(key)} join ${printable(owner.id)} ${end}${next}\n`;
}

async function remove(wanted: Wanted, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, wanted.queue);
    const removed = await queue.dedupe.remove(wanted.job, wanted.key);
    if (!removed) context.exitWith(exitCodes.notFound);
    const text = removed ? `${printable(wanted.key)} is free\n` : `no job had the key ${printable(wanted.key)}\n`;
    await new Output(context.stdout).write(flags.json ? jsonLine({ ...wanted, removed }) : text);
  });
}
