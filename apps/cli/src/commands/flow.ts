import type { FlowReceipt } from '@sluice/queue';
import { type Command, Option } from 'commander';
import { UsageError } from '../cli-errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { flowAsGuest, flowByApp, type FlowTarget } from '../put/flow-target.ts';
import { nullIfAborted } from '../put/null-if-aborted.ts';
import { readFlow } from '../put/read-flow.ts';
import { connectQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine, printable } from '../queues/printable.ts';
import { shownCount } from '../queues/shown-values.ts';
import type { CommandContext } from './command-context.ts';
import { count } from './option-values.ts';
import { waitTime } from './put-flags.ts';
import { addRedisOptions, REDIS_NOTES, redisUrlOf, type RedisFlags } from './redis-options.ts';

interface FlowFlags extends RedisFlags {
  app?: string;
  capacity?: number;
  wait?: number;
}

const NOTES = `
The flow is JSON, in a file or on standard input: {"job","payload","children":[…]}, each child the same. A job may have "id", "queue",
"whenDead" (wait, fail-parent, run-parent, ignore or forget), "delayMs", "priority", "attempts", "timeoutMs" and "expiresAt". The queue is
that of its parent unless it says otherwise. At most 1,000 jobs, 20 below each other, and 8 MiB.

All jobs are added or none. What is wrong is told with its place: children[2].payload.to is the payload of the third child.

Payloads go in as plain JSON, under the capacities that Redis knows; workers check them. With --app the contracts check them, and queues,
prefixes and capacities are those of their definitions.

In JSON, the receipt is {"id","job","queue","status","depth","capacity","waitedMs","children"}, and each child has one of the same shape.

Exit codes: 0 put, 2 wrong usage, flow or payload, 3 Redis failed, 5 no such queue, 6 a queue did not take it: full for longer than
--wait, sealed, or another job has the id; 130 stopped by Ctrl-C. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli flow put emails flow.json
  $ npx @sluice/cli flow put emails flow.json --app ./dist/app.js --wait 5m --json
  $ echo '{"job":"report.build","payload":{},"children":[{"job":"page.render","payload":1}]}' | npx @sluice/cli flow put reports
`;

/** `sluice flow`: jobs with those that they wait for. */
export function addFlowCommands(program: Command, context: CommandContext): void {
  const flow = program
    .command('flow')
    .summary('put a job with those that it waits for')
    .description('Works on flows: a flow is a job with the jobs that it waits for.')
    .addHelpText('after', NOTES);
  const put = flow
    .command('put')
    .summary('put a flow, whole or not at all')
    .description('Puts a job with all that it waits for, waiting for capacity.')
    .argument('<queue>', 'name of the queue of the root')
    .argument('[file]', 'file of JSON; - or none: standard input')
    .option(
      '--capacity <n>',
      'for a queue of the root that Redis does not know: how many jobs it may hold',
      count(1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(
      new Option('--app <module>', 'app module that defines the queues: its contracts check the payloads').conflicts(
        'capacity',
      ),
    )
    .addOption(
      new Option('--wait <duration>', 'how long to wait for capacity, or forever (default: 30s)').argParser(waitTime),
    );
  addRedisOptions(put)
    .addHelpText('after', NOTES)
    .action((queue: string, file: string | undefined, flags: FlowFlags) =>
      putFlow({ queue, file: file === '-' ? undefined : file }, flags, context),
    );
}

interface Wanted {
  queue: string;
  /** Undefined for standard input. */
  file: string | undefined;
}

async function putFlow(wanted: Wanted, flags: FlowFlags, context: CommandContext): Promise<void> {
  const { interrupted } = context;
  const { producer, flow } = await connectTarget(wanted, flags, context);
  await using _producer = producer;
  const receipt = await producer
    .putFlow(flow, { signal: interrupted, ...(flags.wait !== undefined && { waitMs: flags.wait }) })
    .catch(nullIfAborted(interrupted));
  if (!receipt) return context.exitWith(exitCodes.interrupted);
  const output = new Output(context.stdout);
  if (flags.json) await output.write(jsonLine(receipt));
  else await output.lines([rootLine(receipt), ...childLines(receipt, '  ')]);
}

async function connectTarget({ queue, file }: Wanted, flags: FlowFlags, context: CommandContext): Promise<FlowTarget> {
  const { stdin, log: logger } = context;
  const { prefix, capacity, app } = flags;
  if (file === undefined && 'isTTY' in stdin && stdin.isTTY === true) {
    throw new UsageError('no flow is given: name its file, or pipe it to standard input');
  }
  const tree = await readFlow(file, stdin as AsyncIterable<Buffer | string>);
  const redis = redisUrlOf(flags, context);
  if (app !== undefined) return flowByApp(tree, { queue, redis, logger, app });
  await using queues = await connectQueues(flags, context);
  return await flowAsGuest(tree, queues, { queue, prefix, redis, logger, capacity });
}

function rootLine({ status, id, queue, depth, capacity, waitedMs }: FlowReceipt): string {
  const waited = waitedMs > 0 ? `, waited ${waitedMs} ms` : '';
  return `${status} ${printable(id)}: ${shownCount(depth)} of ${shownCount(capacity)} jobs in ${queue}${waited}`;
}

/** Each job under the one that waits for it. */
function childLines({ queue: ofParent, children }: FlowReceipt, indent: string): string[] {
  return children.flatMap((child) => {
    const where = child.queue === ofParent ? '' : ` in ${child.queue}`;
    return [`${indent}${printable(child.id)} ${child.job}${where}`, ...childLines(child, `${indent}  `)];
  });
}
