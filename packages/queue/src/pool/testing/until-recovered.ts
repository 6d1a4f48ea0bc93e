import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

/**
 * A process that a test runs while its own event loop stands still: ends the wait of a client that blocks on a list, and itself
 * once the job that was behind that wait was taken, and given back because its lease was not renewed:
 * `node until-recovered.ts <JSON of path or host and port> <list> <key prefix> <id>`.
 */
const [server = '', list = '', prefix = '', id = ''] = process.argv.slice(2);
const client = new Redis(JSON.parse(server) as { path: string } | { host: string; port: number });

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(10);
}

await client.rpush(list, 'go on');
const isActive = async (): Promise<boolean> => (await client.lrange(`${prefix}:active`, 0, -1)).includes(id);
await until(isActive);
await until(async () => !(await isActive()));
client.disconnect();
