import type { QueueBaseOptions } from 'bullmq';
import { isRedisInstance } from '../../bullmq.ts';
import { DefinitionError } from '../../../job/errors/index.ts';
import { clusterTable, nodeTable, redisTable } from './client-options.ts';
import type { OptionTable, OptionTreatment } from './option-treatment.ts';
import { problemOf } from './take-options.ts';

type Connection = QueueBaseOptions['connection'];
type RedisInstance = Extract<Connection, { duplicate: unknown }>;
type Own = Exclude<Connection, RedisInstance>;

/**
 * Looks at the connection that a BullMQ user gives a bounded backend: BullMQ's, with BullMQ's rules, but for what would
 * break the bound.
 *
 * @throws DefinitionError
 */
export function checkBackendConnection(given: Connection): void {
  const problems = isRedisInstance(given) ? problemsOfClient(given) : problemsOf(redisTable, given, 'connection');
  if (problems.length === 0) return;
  const found = problems.map(({ where, why }) => problemOf(where, 'be left out', `cannot be used: ${why}`));
  throw new DefinitionError(found.map(({ message }) => message).join('; '), found);
}

/** Options for a connection of the backend's own. `waits`: for jobs, in a command that blocks. */
export function ownConnection(given: Own, { waits }: { waits: boolean }): Own {
  return { disableClientInfo: true, ...given, ...(waits ? withoutTimeouts() : {}) };
}

/** A duplicate of the caller's client, to wait with. A cluster's takes the options of its connections elsewhere. */
export function waitingDuplicate(given: RedisInstance, connectionName?: string): RedisInstance {
  const options = { ...withoutTimeouts(), ...(connectionName === undefined ? {} : { connectionName }) };
  if ('isCluster' in given && given.isCluster) return given.duplicate([], { redisOptions: options });
  return given.duplicate(options);
}

function withoutTimeouts(): Record<string, undefined> {
  const names = Object.entries<OptionTreatment>(redisTable).filter(([, row]) => row.backend === 'not where it waits');
  return Object.fromEntries(names.map(([name]) => [name, undefined]));
}

interface Problem {
  readonly where: string;
  readonly why: string;
}

function problemsOfClient(client: object): Problem[] {
  const options: unknown = Reflect.get(client, 'options');
  if (typeof options !== 'object' || options === null) return [];
  if (!Reflect.get(client, 'isCluster')) return problemsOf(redisTable, options, 'connection.options');
  const ofNodes: unknown = Reflect.get(options, 'redisOptions');
  return [
    ...problemsOf(clusterTable, options, 'connection.options'),
    ...problemsOf(nodeTable, (ofNodes ?? {}) as object, 'connection.options.redisOptions'),
  ];
}

function problemsOf(table: OptionTable, options: object, where: string): Problem[] {
  return Object.entries(table).flatMap(([name, row]) => {
    const value: unknown = Reflect.get(options, name);
    return row.backend !== 'refused' || isHarmless(row, value) ? [] : [{ where: `${where}.${name}`, why: row.why }];
  });
}

function isHarmless(row: OptionTreatment, value: unknown): boolean {
  if (row.kind === 'refused') return row.harmless(value);
  return value === undefined || value === null || (row.kind === 'ours' && value === row.value);
}
