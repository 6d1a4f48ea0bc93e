import type { ClusterOptions, RedisOptions } from 'ioredis';
import { connectionDefaults } from '../connection-defaults.ts';
import { called, type OptionTable, type OptionTreatment, ours, refused, taken } from './option-treatment.ts';

/** ioredis options, without the shape of replies: scripts rely on it. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/**
 * What becomes of every option of ioredis that a caller may hand in: one row each. The types fail to compile when an
 * upgrade of ioredis brings an option that has no row; docs/operations.md shows the same rows.
 */

const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '' || value === false;
const isDatabase = (value: unknown): boolean =>
  typeof value === 'string' ? /^\d+$/.test(value) : Number.isSafeInteger(value) && Number(value) >= 0;
const within = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && value >= min && value <= max
    ? null
    : `be ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')} ms`;
const reconnectMs = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 1_000);

const noPrefix = refused(isUnset, 'a queue has a prefix of its own: `defineQueue({ prefix })`', { backend: 'refused' });
const noPipelines = ours(false, 'a script whose text Redis has forgotten would be sent again out of its order');
const noScripts = ours(undefined, 'a script named like a command would take its place');
const noFieldsets = ours(undefined, 'experimental, and of no use here');
const notRead = ours(undefined, 'nothing here reads it');
const natMap = called('value', 'an object, or a function', { orValue: true });

/** Of `tls` and `sentinelTLS`: all else is taken, unless a pool's lease thread cannot be given a copy. */
export const tlsTable = {
  checkServerIdentity: called('value', 'where the certificate names another host, `servername` is simpler'),
  lookup: called('callback', ''),
  pskCallback: called('value', ''),
  secureContext: refused(isUnset, 'give what it was made of: `ca`, `cert`, `key`, `pfx`', { byPoolsOnly: true }),
  socket: refused(isUnset, 'one socket does not make several connections: give `host` and `port`'),
} satisfies OptionTable;

const tls = { table: tlsTable, isOpen: true };

/** Of a client of one Redis, or of one behind Sentinels. */
export const redisTable = {
  host: taken(),
  port: taken(),
  path: taken('the socket of a Redis on the same machine'),
  family: taken(),
  username: taken(),
  password: taken(),
  db: taken('must exist: a connection that Redis refuses it is refused', {
    problem: (value) => (isDatabase(value) ? null : 'be a whole number from 0'),
  }),
  tls: taken('its options: below', { nested: tls }),
  connectionName: taken(),
  keepAlive: taken(),
  noDelay: taken(),
  disconnectTimeout: taken(),
  protocol: taken('2 or 3, which makes no difference here'),
  showFriendlyErrorStack: taken(),
  disableClientInfo: taken(
    'default `true`: on Redis 7.2 and later, a user who may not run `CLIENT SETINFO` would fill the ACL log. `false` of a client that is handed in cannot be distinguished from ioredis’s default, and counts as that',
  ),
  clientInfoTag: taken('with `disableClientInfo: false`'),

  name: taken('of a group of Sentinel'),
  sentinels: taken(),
  sentinelUsername: taken(),
  sentinelPassword: taken(),
  sentinelTLS: taken('its options: below', { nested: tls }),
  enableTLSForSentinelMode: taken(),
  updateSentinels: taken(),
  failoverDetector: taken(),
  sentinelMaxConnections: taken(),
  natMap,
  role: refused((value) => isUnset(value) || value === 'master', 'a replica takes no writes', { backend: 'refused' }),
  preferredSlaves: notRead,
  sentinelRetryStrategy: ours(reconnectMs, 'one that gives up would leave the connection closed for ever'),
  sentinelReconnectStrategy: ours(reconnectMs, 'as above'),
  sentinelCommandTimeout: ours(connectionDefaults.sentinelMs, 'a Sentinel that hangs is passed over'),

  lazyConnect: ours(true, 'connections are opened by `connect…` and `start`, which report what is wrong'),
  enableReadyCheck: ours(true, 'a Redis that loads its data, or is no master, is not worked with'),
  maxLoadingRetryTime: ours(1_000, 'a Redis that loads its data is asked again soon'),
  connectTimeout: ours(4_000, 'on a cluster 2,000; `unavailableMs` says how long a call tries'),
  socketTimeout: ours(undefined, 'a connection that owes an answer and is silent is opened anew'),
  retryStrategy: ours(reconnectMs, 'every connection is opened again, after 1 s at most'),
  reconnectOnError: ours(null, 'it could send a command again that was executed'),
  maxRetriesPerRequest: ours(0, 'a command is never sent again behind Sluice’s back'),
  autoResendUnfulfilledCommands: ours(true, 'without it, calls could wait for ever; nothing is left to be sent again'),
  autoResubscribe: notRead,
  enableOfflineQueue: ours(false, 'nothing may be executed long after its caller was told that it failed'),
  offlineQueue: notRead,
  commandQueue: notRead,
  commandTimeout: ours(undefined, 'a take would be executed and its answer thrown away; give `unavailableMs`', {
    backend: 'not where it waits',
  }),
  blockingTimeout: ours(undefined, 'as `commandTimeout`', { backend: 'not where it waits' }),
  blockingTimeoutGrace: notRead,
  enableAutoPipelining: noPipelines,
  autoPipeliningIgnoredCommands: notRead,
  stringNumbers: ours(false, 'the scripts’ answers are numbers', { backend: 'refused' }),
  replyMapping: ours('legacy', 'the scripts’ answers are lists', { backend: 'refused' }),
  readOnly: ours(false, 'every connection writes', { backend: 'refused' }),
  monitor: ours(false, 'a connection that monitors runs no commands', { backend: 'refused' }),
  keyPrefix: noPrefix,
  scripts: noScripts,
  himportFieldsets: noFieldsets,
  Connector: refused(
    isUnset,
    'a class cannot be handed to the lease thread: give `host` and `port`, `path` or `sentinels`',
    {
      byPoolsOnly: true,
    },
  ),
} satisfies Record<keyof RedisOptions, OptionTreatment>;

const ofNodes = refused(isUnset, 'the nodes stand in `cluster`');

/** Of `redisOptions`: of the connections to single nodes of a cluster. */
export const nodeTable = {
  ...redisTable,
  host: ours(undefined, 'the nodes stand in `cluster`'),
  port: ours(undefined, 'the nodes stand in `cluster`'),
  path: ofNodes,
  sentinels: refused((value) => isUnset(value) || (Array.isArray(value) && value.length === 0), ofNodes.why),
  db: refused((value) => isUnset(value) || value === 0 || value === '0', 'a cluster has no other database than 0'),
  // The cluster's own, below, or ioredis's: it decides for each of its nodes.
  natMap: notRead,
  readOnly: ours(undefined, 'the cluster knows which of its nodes are replicas'),
  lazyConnect: ours(undefined, 'nodes are connected when they are needed'),
  retryStrategy: ours(undefined, 'as `clusterNodeRetryStrategy`'),
  enableOfflineQueue: ours(undefined, 'a command may wait for the connection of its node, for `connectTimeout`'),
  connectTimeout: ours(2_000, 'on a cluster 2,000; `unavailableMs` says how long a call tries'),
} satisfies Record<keyof RedisOptions, OptionTreatment>;

/**
 * Of a client of a Redis Cluster. It sends no command again that may have been executed. A command that was answered with
 * MOVED, ASK, TRYAGAIN or CLUSTERDOWN was not; it goes where it belongs, or is tried again, a few times: few and soon,
 * because what outlives its caller's timeout may still be executed. A command that was on its way when its connection broke
 * may have been: `retryDelayOnFailover`, by default, would send it a second time.
 */
export const clusterTable = {
  redisOptions: taken('as above, where nothing else is said', { nested: { table: nodeTable, isOpen: false } }),
  dnsLookup: called(
    'callback',
    'under TLS the default is not to look names up, so that certificates are checked against them',
  ),
  natMap,
  useSRVRecords: taken(),
  resolveSrv: called('callback', ''),
  slotsRefreshTimeout: taken('100 to 60,000 ms', { problem: within(100, 60_000) }),
  slotsRefreshInterval: taken('from 1,000 ms', { problem: within(1_000, 2 ** 31 - 1) }),
  showFriendlyErrorStack: taken(),

  lazyConnect: ours(true, 'as above'),
  enableReadyCheck: ours(true, 'as above'),
  enableOfflineQueue: ours(false, 'on while the cluster is there: a command may then wait for its node’s connection'),
  scaleReads: ours('master', 'a replica may not know yet what its master has answered', { backend: 'refused' }),
  maxRedirections: ours(5, 'Sluice itself tries for `unavailableMs`'),
  retryDelayOnFailover: ours(0, 'ioredis would send a command again that may have been executed'),
  retryDelayOnMoved: ours(0, 'a command that was moved is sent at once'),
  retryDelayOnClusterDown: ours(50, ''),
  retryDelayOnTryAgain: ours(50, ''),
  clusterNodeRetryStrategy: ours(null, 'a connection that comes back by itself would send again what was on its way'),
  clusterRetryStrategy: ours(reconnectMs, 'every cluster is connected again, after 1 s at most'),
  shardedSubscribers: ours(false, 'nothing is subscribed to'),
  enableAutoPipelining: noPipelines,
  autoPipeliningIgnoredCommands: notRead,
  keyPrefix: noPrefix,
  scripts: noScripts,
  himportFieldsets: noFieldsets,
} satisfies Record<keyof ClusterOptions, OptionTreatment>;
