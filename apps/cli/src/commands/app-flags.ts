import { type Command, InvalidArgumentError } from 'commander';
import { type AppSource, appFromEnvironment, loadApp, parseQueueSelection } from '@sluice/service';
import type { App } from '@sluice/queue/contracts';
import { readRedisAddress } from '@sluice/queue/redis-address';
import type { CommandContext } from './command-context.ts';

/** What the commands that run an app have in common. */
export interface AppFlags {
  app?: string;
  queues?: string[];
  redis?: string;
}

export function addAppOptions(command: Command, queues: string): Command {
  return command
    .option('--app <module>', 'app module: a path, a file: URL or a package (env SLUICE_APP; default: the shipped app)')
    .option('--queues <names>', `${queues} (env SLUICE_QUEUES; default: all)`, readQueues)
    .option('--redis <url>', 'address of Redis (env SLUICE_REDIS_URL, REDIS_URL)', readRedis);
}

/** The app of the flags, else of the environment, else the shipped one. */
export function appOf({ app }: AppFlags, { env }: Pick<CommandContext, 'env'>): AppSource {
  const shipped = (): Promise<{ default: App }> => import(import.meta.resolve('@sluice/worker/app'));
  return appFromEnvironment(
    app === undefined ? { ...env } : {},
    app === undefined ? shipped : () => loadApp(app, { where: '--app' }),
  );
}

/** Those that the programs know by the same names; none that was left out. */
export function programFlags({ queues, redis }: AppFlags): { queues?: string[]; redis?: string } {
  return { ...(queues && { queues }), ...(redis !== undefined && { redis }) };
}

function readQueues(text: string): string[] {
  const read = parseQueueSelection(text);
  if ('problem' in read) throw new InvalidArgumentError(`It ${read.problem}.`);
  return text.split(',');
}

function readRedis(text: string): string {
  const { problem } = readRedisAddress(text);
  if (problem !== undefined) throw new InvalidArgumentError(`It ${problem}.`);
  return text;
}
