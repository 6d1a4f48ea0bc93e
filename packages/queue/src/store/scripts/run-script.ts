import type { IRedisTransaction, RedisClient } from 'bullmq';
import { RedisUnsuitableError } from '../../job/errors/index.ts';
import { oldestRedis } from '../server/check-server.ts';

export interface ScriptDefinition {
  lua: string;
  /** Without it, ioredis takes the number of keys from the first argument of each call. */
  numberOfKeys?: number;
}

/**
 * Runs a script of ours over a client of BullMQ's.
 *
 * @param command the name under which the client knows the script
 * @throws RedisUnsuitableError when the server does not understand what stands in the script's first line
 */
export async function runScript(
  client: RedisClient | IRedisTransaction,
  command: string,
  definition: ScriptDefinition,
  args: (string | Buffer | number)[],
): Promise<unknown> {
  define(client, command, definition);
  try {
    return await client.runCommand(command, args);
  } catch (error) {
    throw unsuitable(error) ?? error;
  }
}

/** Registers a script with the client once; ioredis sends its text only when Redis does not know it yet. */
function define(client: RedisClient | IRedisTransaction, command: string, definition: ScriptDefinition): void {
  if (command in client || !('defineCommand' in client)) return;
  (client as { defineCommand(name: string, definition: ScriptDefinition): void }).defineCommand(command, definition);
}

/** An older server takes the first line for Lua; another product may know it, but not all flags in it. */
function unsuitable(error: unknown): RedisUnsuitableError | undefined {
  if (!(error instanceof Error) || !/unexpected symbol near '#'|script shebang/.test(error.message)) return undefined;
  const message = `this Redis cannot run Sluice's scripts, so it is older than ${oldestRedis}, or not quite a Redis; use Redis ${oldestRedis} or later, or Valkey`;
  return new RedisUnsuitableError(message, { cause: error });
}
