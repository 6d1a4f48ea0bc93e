import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { writeJson } from '@sluice/queue/json';
import type { ApiKeyVerb } from '@sluice/queue';
import { auditChanges } from './auth/audit.ts';
import { type Access, authenticateRequests } from './auth/authenticate.ts';
import { openApiRoute } from './openapi/openapi-route.ts';
import type { RouteDoc } from './openapi/route-doc.ts';
import { sendError } from './problems/send-problem.ts';
import { callBack } from './requests/call-back.ts';
import { whenOver } from './requests/request-end.ts';
import { HttpRefusal, ServiceStoppingError } from './problems/request-errors.ts';
import { answerDefaults, type AnswerHold, AnswerLimit, type AnswerLimits } from './requests/answer-limit.ts';
import { checkHosts } from './requests/allowed-hosts.ts';
import { ClientShares } from './requests/client-shares.ts';
import { KeysInProgress } from './requests/keys-in-progress.ts';
import {
  BODY_MAX_BYTES,
  loadDefaults,
  LoadLimit,
  type LoadLimits,
  type RequestLoad,
  streamShares,
  waitersPerClientOf,
} from './requests/load-limit.ts';
import { watchDefaults, WatchLimit, type WatchLimits } from './requests/watch-limit.ts';
import { readBodiesExactly } from './requests/read-body.ts';
import { logRequests } from './requests/request-log.ts';
import { consoleRoutes } from './routes/console/console-routes.ts';
import { eventsRoutes } from './routes/events/events-routes.ts';
import { getJobRoute } from './routes/get-job.ts';
import { listQueuesRoute } from './routes/list-queues.ts';
import { getQueueRoute } from './routes/get-queue.ts';
import { healthRoutes } from './routes/health.ts';
import { type HttpMetrics, metricsRoute, type MetricsRouteDeps } from './routes/metrics.ts';
import type { OperatorDeps } from './routes/operator/operator-deps.ts';
import { operatorRoutes } from './routes/operator/operator-routes.ts';
import { keysRoutes } from './routes/access/keys.ts';
import { sessionRoutes } from './routes/access/session.ts';
import { putBatchRoute } from './routes/put-batch.ts';
import { putFlowRoute } from './routes/put-flow.ts';
import { putJobRoute } from './routes/put-job.ts';
import { type OperatorQueues, ServedQueues, type ServedQueue } from './routes/served-queues.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    sluice?: {
      /** Answered also while the service stops, and however much is under way. */
      always?: boolean;
      /** What a client must be allowed to do. All routes say it, but for those that are `open` or `always` answered. */
      verb?: ApiKeyVerb;
      /** For everybody, with a key or without. */
      open?: boolean;
      /** The most bytes that its body may have, where that is not what a single put may. */
      bodyMaxBytes?: number;
      /** The most bytes that its answer may have, where that is much: as many are waited for before it begins. */
      answerMaxBytes?: number;
      /** Whether its body may be `application/x-ndjson`. */
      takesLines?: boolean;
      /** What it says of itself to the OpenAPI document. */
      doc?: RouteDoc;
      /** Logged at debug: asked for every few seconds by machines. */
      quiet?: boolean;
    };
  }
  interface FastifyRequest {
    /** What it takes of the limits of the HTTP API. */
    sluiceLoad: RequestLoad | undefined;
    /** What its answer takes of them. */
    sluiceAnswer: AnswerHold | undefined;
  }
}

/** How the API answers, wherever it is mounted. */
export interface HttpApiOptions extends Partial<LoadLimits>, Partial<WatchLimits>, Partial<AnswerLimits> {
  /**
   * Host names to accept in addition to those of this machine; `*` for any.
   *
   * @default names are looked at on the loopback address only
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * The longest that `Prefer: wait=N` may wait for capacity, in milliseconds; at most 60,000.
   *
   * @default 30_000
   */
  readonly waitMaxMs?: number;
  /**
   * How many puts of one client may wait for capacity at once: of one API key, else of one address. Behind a proxy, all clients without
   * keys are one.
   *
   * @default half of `requestsMax`
   */
  readonly waitersPerClient?: number | undefined;
  /**
   * How long `/readyz` waits for Redis, in milliseconds.
   *
   * @default 2_000
   */
  readonly readyMs?: number;
  /**
   * Whether there are `/livez` and `/readyz`.
   *
   * @default true
   */
  readonly health?: boolean;
  /**
   * Whether the routes of operators, such as `DELETE` of a job, are open to requests that need no API key: to everybody who reaches the
   * address then. With keys, their verbs decide.
   *
   * @default false
   */
  readonly operator?: boolean;
  /**
   * What collects metrics of the API and its queues, such as `new Metrics()` of `@sluice/service/metrics`. With it there is
   * `GET /metrics`.
   *
   * @default none
   */
  readonly metrics?: HttpMetrics | undefined;
  /**
   * Whether `GET /metrics` needs an API key that may `read`, where API keys are asked for.
   *
   * @default true
   */
  readonly metricsKey?: boolean;
  /**
   * Whether the console is served: a page at `/` that shows the queues, and steers them if `operator` is true or API keys allow it.
   * Without those, the routes of operators are served as far as they change nothing.
   *
   * @default false
   */
  readonly console?: boolean;
  /**
   * Fires when the service was asked to stop: `/readyz` says so, and clients are asked to open no more requests on their connections.
   *
   * @default when the server begins to close
   */
  readonly leaving?: AbortSignal;
}

interface HttpApiDeps extends HttpApiOptions, Access {
  readonly producers: readonly ServedQueue[];
  /** The address that the server will listen on; undefined: that of each connection. */
  readonly host?: string | undefined;
  /** Called with each request whose body may come for as long as it likes. */
  readonly takesItsTime?: ((request: IncomingMessage) => void) | undefined;
}

/** Mounts the API, with its parser, its hooks and its errors: for all routes of this instance. */
export function addHttpApi(app: FastifyInstance, options: HttpApiDeps): void {
  const { producers, waitMaxMs = 30_000, readyMs = 2_000, health = true, metrics } = options;
  const { requestsMax = loadDefaults.requestsMax, bodiesMaxBytes = loadDefaults.bodiesMaxBytes } = options;
  const { readJson, answers, stopping, leaving } = prepareApi(app, options);
  const queues = new ServedQueues(producers);
  openApiRoute(
    app,
    queues.all().map(({ queue }) => queue),
  );
  const waiters = new ClientShares({ mostOfOne: options.waitersPerClient ?? waitersPerClientOf(requestsMax) });
  const puts = { queues, waitMaxMs, waiters, keys: new KeysInProgress(), stopping };
  const streams = new ClientShares(streamShares(bodiesMaxBytes));
  putJobRoute(app, { ...puts, streams, readJson, takesItsTime: options.takesItsTime });
  putBatchRoute(app, { ...puts, answers });
  putFlowRoute(app, puts);
  const watches = watchLimitOf(options);
  getJobRoute(app, { queues, watches, answers, stopping });
  getQueueRoute(app, { queues });
  listQueuesRoute(app, { queues });
  eventsRoutes(app, { queues, watches, answers, stopping });
  addOperatorApi(app, options, { queues, stopping, watches });
  if (health) healthRoutes(app, { queues, readyMs, leaving });
  if (metrics) serveMetrics(app, { queues, metrics, metricsKey: options.metricsKey ?? true });
}

/** Only what operators need, over any queues: no job is put here. */
export function addConsoleApi(
  app: FastifyInstance,
  options: Omit<HttpApiDeps, 'producers'>,
  queues: OperatorQueues,
): void {
  const { stopping } = prepareApi(app, options);
  addOperatorApi(app, options, { queues, stopping, watches: watchLimitOf(options) });
}

function addOperatorApi(
  app: FastifyInstance,
  options: Omit<HttpApiDeps, 'producers'>,
  { queues, stopping, watches }: Pick<OperatorDeps, 'queues' | 'stopping'> & { watches: WatchLimit },
): void {
  const { operator = false, console = false } = options;
  const operators = { queues, stopping, isOpen: operator, isReadable: operator || console };
  if (operator || console || options.keys) operatorRoutes(app, operators);
  if (console) consoleRoutes(app, { ...operators, watches });
  if (console || options.keys) sessionRoutes(app, { ...options, isOpen: operator });
  if (options.keys && options.registry) keysRoutes(app, options.registry);
}

function watchLimitOf({
  watchesMax = watchDefaults.watchesMax,
  watchesPerClient = watchDefaults.watchesPerClient,
}: Partial<WatchLimits>): WatchLimit {
  return new WatchLimit({ watchesMax, watchesPerClient });
}

/** What holds for all routes. */
function prepareApi(app: FastifyInstance, options: Omit<HttpApiDeps, 'producers'>): PreparedApi {
  const { host, allowedHosts, metrics } = options;
  const { requestsMax = loadDefaults.requestsMax, bodiesMaxBytes = loadDefaults.bodiesMaxBytes } = options;
  requireVerbs(app);
  app.removeContentTypeParser('text/plain');
  const readJson = readBodiesExactly(app, BODY_MAX_BYTES);
  app.setReplySerializer((payload) => writeJson(payload));
  app.setErrorHandler(sendError);
  logRequests(app, metrics);
  checkHosts(app, host, allowedHosts);
  refuseExpectations(app);
  const stopping = refuseWhileStopping(app);
  const leaving = options.leaving ? AbortSignal.any([options.leaving, stopping]) : stopping;
  closeConnectionsOnceTold(app, leaving);
  auditChanges(app, options.registry?.audit);
  authenticateRequests(app, options);
  limitLoad(app, new LoadLimit({ requestsMax, bodiesMaxBytes }));
  const answers = limitAnswers(app, options);
  return { readJson, answers, stopping, leaving };
}

interface PreparedApi {
  readonly readJson: ReturnType<typeof readBodiesExactly>;
  readonly answers: AnswerLimit;
  /** Fires when the service stops. */
  readonly stopping: AbortSignal;
  /** Fires when it was asked to. */
  readonly leaving: AbortSignal;
}

function serveMetrics(app: FastifyInstance, deps: MetricsRouteDeps): void {
  const ends = deps.queues.all().map(({ queue, producer }) => deps.metrics.observeProducer(queue, producer));
  app.addHook('onClose', async () => ends.forEach((end) => end()));
  metricsRoute(app, deps);
}

/** @throws TypeError from a route that says nothing of who may use it */
function requireVerbs(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    const { verb, always, open } = config?.sluice ?? {};
    if (!verb && !always && !open) throw new TypeError(`${String(method)} ${url} names no verb`);
  });
}

function refuseExpectations(app: FastifyInstance): void {
  app.addHook('onRequest', ({ headers: { expect } }, _reply, done) => {
    if (expect !== undefined && !/^100-continue$/i.test(expect))
      throw new HttpRefusal(417, 'nothing can be expected but 100-continue');
    done();
  });
}

function refuseWhileStopping(app: FastifyInstance): AbortSignal {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort(new ServiceStoppingError()));
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.routeOptions.config.sluice?.always) stopping.signal.throwIfAborted();
    done();
  });
  return stopping.signal;
}

/** A client that kept its connection would hold up the end, and its next request would be in vain. */
function closeConnectionsOnceTold(app: FastifyInstance, leaving: AbortSignal): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (leaving.aborted) reply.header('connection', 'close');
    done();
  });
}

function limitLoad(app: FastifyInstance, limit: LoadLimit): void {
  app.decorateRequest('sluiceLoad', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.sluice?.always) return done();
    const load = limit.enter();
    request.sluiceLoad = load;
    whenOver(reply, load.release);
    done();
  });
}

/** What is held of an answer until it is sent. */
function limitAnswers(app: FastifyInstance, options: Partial<AnswerLimits>): AnswerLimit {
  const answers = new AnswerLimit({ answersMaxBytes: options.answersMaxBytes ?? answerDefaults.answersMaxBytes });
  app.decorateRequest('sluiceAnswer', undefined);
  app.addHook('preHandler', (request, reply, done) => {
    const { answerMaxBytes } = request.routeOptions.config.sluice ?? {};
    if (answerMaxBytes === undefined) return done();
    void callBack(answers.enter(request, reply, { bytes: answerMaxBytes }), done);
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string') request.sluiceAnswer?.resize(Buffer.byteLength(payload));
    done();
  });
  return answers;
}
