import { type ApiKey, type ApiKeyVerb, apiKeyVerbs, isValidApiKey } from '@sluice/queue';
import { namePattern, nameRule } from '@sluice/queue/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { NotFoundError } from '../cli-errors.ts';
import { withQueues } from '../queues/open-queues.ts';
import { Output } from '../queues/output.ts';
import { jsonLine } from '../queues/printable.ts';
import { shownTime } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';
import type { CommandContext } from './command-context.ts';
import { count, duration } from './option-values.ts';
import { addRedisOptions, REDIS_NOTES, type RedisFlags } from './redis-options.ts';

const NOTES = `
A client may do with a queue what its key names: put (adds jobs), read (changes nothing), operate (acts on jobs, schedules and
pools), admin (changes queues). Services learn of a change within 2 s. Give a client a second key before you revoke its first one.

Exit codes: 0 done, 2 wrong usage, 3 Redis failed, 5 no such key. ${REDIS_NOTES}

Examples:
  $ npx @sluice/cli keys add --client shop --verbs put,read --queues emails --expires 90d
  $ npx @sluice/cli keys list
  $ npx @sluice/cli keys revoke 3f9c1a52e07b4d68
`;

interface AddFlags extends RedisFlags {
  client: string;
  verbs: ApiKeyVerb[];
  queues?: string[];
  expires?: number;
  perSecond?: number;
}

/** `sluice keys`: who may use the HTTP service. */
export function addKeysCommands(program: Command, context: CommandContext): void {
  const keys = program
    .command('keys')
    .summary('add, list and revoke the API keys of the HTTP service')
    .description('The API keys of the HTTP service: who may do what with which queues.')
    .addHelpText('after', NOTES);
  const add = keys
    .command('add')
    .summary('make a key')
    .description('Makes a key and prints it: it is stored as a digest, and cannot be shown again.')
    .requiredOption('--client <name>', 'whose key it is', clientName)
    .requiredOption('--verbs <verbs>', `what it may do, with commas between: ${apiKeyVerbs.join(', ')}`, verbList)
    .option('--queues <names>', 'the queues that it may do it with, with commas between (default: all)', queueList)
    .option(
      '--expires <duration>',
      'for how long it is good (default: until it is revoked)',
      duration(1, 315_360_000_000),
    )
    .option('--per-second <n>', 'the most requests a second that one process takes of it', count(1, 1_000_000));
  addRedisOptions(add)
    .addHelpText('after', NOTES)
    .action((flags: AddFlags) => addKey(flags, context));
  const list = keys
    .command('list')
    .summary('list all keys')
    .description('Lists all keys, the newest first, with those that are revoked or expired.');
  addRedisOptions(list)
    .addHelpText('after', NOTES)
    .action((flags: RedisFlags) => listKeys(flags, context));
  const revoke = keys
    .command('revoke')
    .summary('end a key for good')
    .description('Ends a key for good.')
    .argument('<id>', 'id of the key, as keys list shows it');
  addRedisOptions(revoke)
    .addHelpText('after', NOTES)
    .action((id: string, flags: RedisFlags) => revokeKey(id, flags, context));
}

async function addKey({ client, verbs, queues, expires, perSecond, ...flags }: AddFlags, context: CommandContext) {
  await withQueues(flags, context, async ({ apiKeys }) => {
    const { id, key } = await apiKeys.add({
      client,
      verbs,
      ...(queues && { queues }),
      ...(expires !== undefined && { expiresAt: Date.now() + expires }),
      ...(perSecond !== undefined && { perSecond }),
    });
    const output = new Output(context.stdout);
    // Alone on its line, so that a script can take it from there.
    await output.write(flags.json ? jsonLine({ id, client, key }) : `${key}\n`);
    if (!flags.json) context.stderr.write(`key ${id} of ${client}: keep it now, it cannot be shown again\n`);
  });
}

async function listKeys(flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async ({ apiKeys }) => {
    const keys = await apiKeys.list();
    const output = new Output(context.stdout);
    if (flags.json) await output.write(jsonLine({ keys }));
    else await output.lines(keys.length === 0 ? ['there are no keys'] : tableLines(COLUMNS, keys.map(keyRow)));
  });
}

async function revokeKey(id: string, flags: RedisFlags, context: CommandContext): Promise<void> {
  await withQueues(flags, context, async ({ apiKeys }) => {
    if (!(await apiKeys.revoke(id)))
      throw new NotFoundError(`there is no such key; sluice keys list shows those there are`);
    const output = new Output(context.stdout);
    await output.write(flags.json ? jsonLine({ id, revoked: true }) : `key ${id} is revoked\n`);
  });
}

const COLUMNS = [
  { title: 'ID' },
  { title: 'CLIENT' },
  { title: 'VERBS' },
  { title: 'QUEUES' },
  { title: 'PER SECOND', align: 'right' },
  { title: 'MADE' },
  { title: 'STATE' },
] as const;

function keyRow(key: ApiKey): string[] {
  const { id, client, verbs, queues, perSecond, createdAt } = key;
  const limit = perSecond === null ? 'no limit' : String(perSecond);
  return [id, client, verbs.join(','), queues.join(','), limit, shownTime(createdAt), stateOf(key)];
}

function stateOf(key: ApiKey): string {
  if (key.revokedAt !== null) return `revoked ${shownTime(key.revokedAt)}`;
  if (!isValidApiKey(key, Date.now())) return `expired ${shownTime(key.expiresAt)}`;
  return key.expiresAt === null ? 'good' : `good until ${shownTime(key.expiresAt)}`;
}

function clientName(text: string): string {
  if (namePattern.test(text)) return text;
  throw new InvalidArgumentError(`It must be ${nameRule}.`);
}

function verbList(text: string): ApiKeyVerb[] {
  const verbs = apiKeyVerbs.filter((verb) => text.split(',').includes(verb));
  if (verbs.length > 0 && text.split(',').every((word) => verbs.some((verb) => verb === word))) return verbs;
  throw new InvalidArgumentError(`It must be some of ${apiKeyVerbs.join(', ')}, with commas between.`);
}

function queueList(text: string): string[] {
  const names = text.split(',');
  if (names.length <= 100 && names.every((name) => name === '*' || namePattern.test(name))) return names;
  throw new InvalidArgumentError('It must be at most 100 names of queues, with commas between.');
}
