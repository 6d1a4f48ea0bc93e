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

const noPrefix = refused(isUnset, 'use the prefix of the queue: `defineQueue({ prefix })`', { backend: 'refused' });
const noPipelines = ours(false, 'a script that Redis no longer knows would be sent again out of order');
const noScripts = ours(undefined, 'a script with the name of a command would replace it');
const noFieldsets = ours(undefined, 'experimental, and not used');
const notRead = ours(undefined, 'not used');
const natMap = called('value', 'an object, or a function', { orValue: true });

/** Of `tls` and `sentinelTLS`: all other options are taken over, unless they cannot be copied to a pool's lease thread. */
export const tlsTable = {
  checkServerIdentity: called('value', '`servername` is simpler if the certificate names another host'),
  lookup: called('callback', ''),
  pskCallback: called('value', ''),
  secureContext: refused(isUnset, 'pass its parts: `ca`, `cert`, `key`, `pfx`', { byPoolsOnly: true }),
  socket: refused(isUnset, 'one socket cannot be several connections: pass `host` and `port`'),
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
  db: taken('must exist, otherwise connecting fails', {
    problem: (value) => (isDatabase(value) ? null : 'be a whole number from 0'),
  }),
  tls: taken('its options: below', { nested: tls }),
  connectionName: taken(),
  keepAlive: taken(),
  noDelay: taken(),
  disconnectTimeout: taken(),
  protocol: taken('2 or 3; it makes no difference'),
  showFriendlyErrorStack: taken(),
  disableClientInfo: taken(
    'default `true`: on Redis 7.2 and later, a user without permission for `CLIENT SETINFO` would fill the ACL log. `false` of a client that you pass counts as ioredis’s default, because the two cannot be distinguished',
  ),
  clientInfoTag: taken('with `disableClientInfo: false`'),

  name: taken('the name of the Sentinel group'),
  sentinels: taken(),
  sentinelUsername: taken(),
  sentinelPassword: taken(),
  sentinelTLS: taken('its options: below', { nested: tls }),
  enableTLSForSentinelMode: taken(),
  updateSentinels: taken(),
  failoverDetector: taken(),
  sentinelMaxConnections: taken(),
  natMap,
  role: refused((value) => isUnset(value) || value === 'master', 'a replica accepts no writes', { backend: 'refused' }),
  preferredSlaves: notRead,
  sentinelRetryStrategy: ours(reconnectMs, 'a strategy that gives up would leave the connection closed for ever'),
  sentinelReconnectStrategy: ours(reconnectMs, 'as above'),
  sentinelCommandTimeout: ours(connectionDefaults.sentinelMs, 'a Sentinel that hangs is skipped'),

  lazyConnect: ours(true, '`connect…` and `start` open connections, and report errors'),
  enableReadyCheck: ours(true, 'a Redis that is loading its data, or is not a master, is not used'),
  maxLoadingRetryTime: ours(1_000, 'a Redis that is loading its data is soon tried again'),
  connectTimeout: ours(4_000, 'on a cluster 2,000; `unavailableMs` limits how long a call tries'),
  socketTimeout: ours(undefined, 'Sluice itself reopens a connection that is silent while a reply is expected'),
  retryStrategy: ours(reconnectMs, 'every connection is reopened, after 1 s at most'),
  reconnectOnError: ours(null, 'it could resend a command that was executed'),
  maxRetriesPerRequest: ours(0, 'only Sluice decides whether a command is sent again'),
  autoResendUnfulfilledCommands: ours(true, 'without it, calls could wait for ever; there are no commands to resend'),
  autoResubscribe: notRead,
  enableOfflineQueue: ours(false, 'no command may be executed long after its caller got an error'),
  offlineQueue: notRead,
  commandQueue: notRead,
  commandTimeout: ours(undefined, 'a take would be executed and its reply dropped; use `unavailableMs`', {
    backend: 'not where it waits',
  }),
  blockingTimeout: ours(undefined, 'as `commandTimeout`', { backend: 'not where it waits' }),
  blockingTimeoutGrace: notRead,
  enableAutoPipelining: noPipelines,
  autoPipeliningIgnoredCommands: notRead,
  stringNumbers: ours(false, 'the scripts’ replies are numbers', { backend: 'refused' }),
  replyMapping: ours('legacy', 'the scripts’ replies are lists', { backend: 'refused' }),
  readOnly: ours(false, 'every connection writes', { backend: 'refused' }),
  monitor: ours(false, 'a monitoring connection runs no commands', { backend: 'refused' }),
  keyPrefix: noPrefix,
  scripts: noScripts,
  himportFieldsets: noFieldsets,
  Connector: refused(
    isUnset,
    'a class cannot be passed to the lease thread: pass `host` and `port`, `path` or `sentinels`',
    {
      byPoolsOnly: true,
    },
  ),
} satisfies Record<keyof RedisOptions, OptionTreatment>;

const ofNodes = refused(isUnset, 'the nodes are listed in `cluster`');

/** Of `redisOptions`: of the connections to single nodes of a cluster. */
export const nodeTable = {
  ...redisTable,
  host: ours(undefined, 'the nodes are listed in `cluster`'),
  port: ours(undefined, 'the nodes are listed in `cluster`'),
  path: ofNodes,
  sentinels: refused((value) => isUnset(value) || (Array.isArray(value) && value.length === 0), ofNodes.why),
  db: refused((value) => isUnset(value) || value === 0 || value === '0', 'a cluster has only database 0'),
  // The cluster client sets these for each of its nodes, as below.
  natMap: notRead,
  readOnly: ours(undefined, 'the cluster client knows which nodes are replicas'),
  lazyConnect: ours(undefined, 'nodes are connected on demand'),
  retryStrategy: ours(undefined, 'as `clusterNodeRetryStrategy`'),
  enableOfflineQueue: ours(undefined, 'a command may wait for the connection of its node, for `connectTimeout`'),
  connectTimeout: ours(2_000, 'on a cluster 2,000; `unavailableMs` limits how long a call tries'),
} satisfies Record<keyof RedisOptions, OptionTreatment>;

/**
 * Of a client of a Redis Cluster. It never resends a command that may have been executed. A command that was answered with
 * MOVED, ASK, TRYAGAIN or CLUSTERDOWN was not; it is redirected, or sent again a few times without a long pause,
 * because it could otherwise be executed after its caller's timeout. A command that was in flight when its connection broke
 * may have been executed: `retryDelayOnFailover` would resend it by default.
 */
export const clusterTable = {
  redisOptions: taken('as above, except for the following', { nested: { table: nodeTable, isOpen: false } }),
  dnsLookup: called(
    'callback',
    'with TLS, names are not resolved by default, so that certificates are checked against them',
  ),
  natMap,
  useSRVRecords: taken(),
  resolveSrv: called('callback', ''),
  slotsRefreshTimeout: taken('100 to 60,000 ms', { problem: within(100, 60_000) }),
  slotsRefreshInterval: taken('from 1,000 ms', { problem: within(1_000, 2 ** 31 - 1) }),
  showFriendlyErrorStack: taken(),

  lazyConnect: ours(true, 'as above'),
  enableReadyCheck: ours(true, 'as above'),
  enableOfflineQueue: ours(
    false,
    'on while the cluster is connected: a command may then wait for its node’s connection',
  ),
  scaleReads: ours('master', 'a replica may not have the latest writes of its master', { backend: 'refused' }),
  maxRedirections: ours(5, 'Sluice itself tries for `unavailableMs`'),
  retryDelayOnFailover: ours(0, 'ioredis would resend a command that may have been executed'),
  retryDelayOnMoved: ours(0, 'a command that was moved is sent at once'),
  retryDelayOnClusterDown: ours(50, ''),
  retryDelayOnTryAgain: ours(50, ''),
  clusterNodeRetryStrategy: ours(null, 'a connection that reconnects by itself would resend commands'),
  clusterRetryStrategy: ours(reconnectMs, 'every cluster is reconnected, after 1 s at most'),
  shardedSubscribers: ours(false, 'no channels are used'),
  enableAutoPipelining: noPipelines,
  autoPipeliningIgnoredCommands: notRead,
  keyPrefix: noPrefix,
  scripts: noScripts,
  himportFieldsets: noFieldsets,
} satisfies Record<keyof ClusterOptions, OptionTreatment>;
