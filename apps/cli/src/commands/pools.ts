import type { Admin, ListedPool, PoolList, PoolOrderReport } from '@sluice/queue';
import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { openQueue, withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownAge, shownCount } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const LIST_NOTES = `
A pool that died is listed until its last lease would have run out, 5 s unless it has other timings.

Exit codes: 0 listed, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli pools list emails
  $ npx @sluice/cli pools list emails --json
`;

/** `sluice pools`: the pools of a queue, wherever they run. */
export function addPoolsCommand(program: Command, context: CommandContext): void {
  const pools = program
    .command('pools')
    .summary('list and steer the pools of a queue')
    .description('The pools of workers that run a queue, wherever they are.')
    .addHelpText('after', LIST_NOTES);
  const list = pools
    .command('list')
    .summary('list the pools and what they run')
    .description(
      'Lists the pools and consumers of a queue: host, process, version, slots, and what they run since when.',
    )
    .argument('<queue>', 'name of the queue');
  addRedisOptions(list)
    .addHelpText('after', LIST_NOTES)
    .action((name: string, flags: RedisFlags) => listPools(name, flags, context));
  addSetCommand(pools, context);
  addDrainCommand(pools, context);
}

interface OrderFlags extends RedisFlags {
  wait: number;
}

interface SetFlags extends OrderFlags {
  concurrency: number;
  pool?: string[];
}

interface DrainFlags extends OrderFlags {
  timeout?: number;
}

const ORDER_NOTES = `
A pool is named by its id or its name, as sluice pools list shows them. Each pool confirms what it was told, or is reported.

Exit codes: 0 confirmed by all, 1 not confirmed by some or none was there, 2 wrong usage, 3 Redis failed, 5 no such queue. ${REDIS_NOTES}

Examples:
`;

function addSetCommand(pools: Command, context: CommandContext): void {
  const command = pools
    .command('set')
    .summary('set how many attempts pools run at once')
    .description(
      'Sets the slots of all pools of a queue, or of those that are named, while they run. It holds until they end.',
    )
    .argument('<queue>', 'name of the queue')
    .requiredOption('--concurrency <n>', 'slots of each pool', count(1, 10_000))
    .option('--pool <pools...>', 'only these pools, by id or name')
    .option('--wait <duration>', 'how long they may take to confirm it', duration(0, 86_400_000), 5_000);
  addRedisOptions(command)
    .addHelpText('after', `${ORDER_NOTES}  $ npx @sluice/cli pools set emails --concurrency 20\n`)
    .action((name: string, flags: SetFlags) =>
      order(name, flags, context, (queue) =>
        queue.pools.setConcurrency(flags.concurrency, {
          waitMs: flags.wait,
          ...(flags.pool && { pools: flags.pool }),
        }),
      ),
    );
}

function addDrainCommand(pools: Command, context: CommandContext): void {
  const command = pools
    .command('drain')
    .summary('have pools take no more jobs, and end')
    .description('Has pools take no more jobs, let those that run end, and disconnect. Their processes stay.')
    .argument('<queue>', 'name of the queue')
    .argument('<pools...>', 'the pools, by id or name')
    .option('--timeout <duration>', 'how long running attempts may go on', duration(0, 86_400_000))
    .option('--wait <duration>', 'how long the pools may take to confirm it', duration(0, 86_400_000), 5_000);
  addRedisOptions(command)
    .addHelpText('after', `${ORDER_NOTES}  $ npx @sluice/cli pools drain emails pool-Qm3xTz\n`)
    .action((name: string, named: string[], flags: DrainFlags) =>
      order(name, flags, context, (queue) =>
        queue.pools.drain({
          pools: named,
          waitMs: flags.wait,
          ...(flags.timeout !== undefined && { timeoutMs: flags.timeout }),
        }),
      ),
    );
}

async function order(
  name: string,
  flags: OrderFlags,
  context: CommandContext,
  give: (queue: Admin) => Promise<PoolOrderReport>,
): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const { confirmed, unconfirmed } = await give(await openQueue(queues, name));
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ queue: name, confirmed, unconfirmed }));
    else
      await output.lines([
        ...confirmed.map((pool) => `${shownName(pool)} confirmed`),
        ...unconfirmed.map((pool) => `${shownName(pool)} did not confirm in time`),
        ...(confirmed.length + unconfirmed.length === 0 ? [`no pool runs ${name}`] : []),
      ]);
    if (confirmed.length === 0 || unconfirmed.length > 0) context.exitWith(exitCodes.someFailed);
  });
}

function shownName({ id, about }: ListedPool): string {
  return about ? `${printable(about.name)} (${printable(about.host)}, ${about.pid})` : printable(id);
}

async function listPools(name: string, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async (queues) => {
    const queue = await openQueue(queues, name);
    const list = await queue.pools.list();
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ at: Date.now(), queue: name, ...list }));
    else await output.lines(listLines(name, list));
  });
}

function listLines(name: string, { pools, poolsTotal, elsewhere, runningTotal, runningLooked }: PoolList): string[] {
  const lines = pools.length === 0 ? [`no pool runs ${name}`] : tableLines(COLUMNS, pools.map(poolRow));
  const running = [
    ...pools.flatMap((pool) => pool.running.map((job) => [pool.about?.name ?? pool.id, job] as const)),
    ...elsewhere.map((job) => [job.worker ?? 'a pool that is gone', job] as const),
  ];
  if (running.length > 0) lines.push('', ...tableLines(JOB_COLUMNS, running.map(jobRow)));
  if (poolsTotal > pools.length) lines.push(`${shownCount(poolsTotal - pools.length)} more pools`);
  if (runningTotal > runningLooked)
    lines.push(`looked at ${shownCount(runningLooked)} of ${shownCount(runningTotal)} running jobs`);
  return lines;
}

const COLUMNS = [
  { title: 'POOL' },
  { title: 'ID' },
  { title: 'HOST' },
  { title: 'PID', align: 'right' },
  { title: 'VERSION' },
  { title: 'UP', align: 'right' },
  { title: 'STATE' },
  { title: 'SLOTS', align: 'right' },
  { title: 'BUSY', align: 'right' },
  { title: 'CONTRACTS' },
] as const;

function poolRow({ id, about, running }: ListedPool): string[] {
  const busy = String(running.length);
  if (!about) return ['-', id, '-', '-', '-', '-', '-', '-', busy, '-'];
  const { name, kind, host, pid, version, startedAt, state, slots, contracts } = about;
  const shown = kind === 'consumer' ? 'consumer' : state;
  const served = contracts.map((contract) => `${contract.name}@${contract.version}`).join(',');
  const up = shownAge(Math.max(0, Date.now() - startedAt));
  return [name, id, host, String(pid), version, up, shown, slots === null ? '-' : String(slots), busy, served];
}

const JOB_COLUMNS = [{ title: 'RUNS' }, { title: 'SINCE', align: 'right' }, { title: 'JOB' }, { title: 'ON' }] as const;

function jobRow([pool, { id, job, startedAt }]: readonly [
  string,
  { id: string; job: string; startedAt: number },
]): string[] {
  return [printable(id), shownAge(Math.max(0, Date.now() - startedAt)), job, pool];
}
