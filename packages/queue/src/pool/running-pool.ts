import { checkOptions } from '../job/options/check-options.ts';
import { JobInterruptedError, OptionError } from '../job/errors/index.ts';
import { Lifecycle, type LifecycleState } from '../job/lifecycle/lifecycle.ts';
import { type Logger } from '../job/logging/logger.ts';
import type { FleetOrder } from '../store/pools/pool-orders.ts';
import type { PoolDescription } from '../store/pools/pool-description.ts';
import { sweepPace } from '../store/lease-store/sweep-pace.ts';
import type { LeaseListener, HeldLeases } from '../leases/main/held-leases.ts';
import type { Handlers } from '../job/handler/handler-registry.ts';
import { outsideContext } from '../job/outside-context.ts';
import type { AttemptTracer } from '../attempt/attempt-tracer.ts';
import type { PoolServices } from '../attempt/attempt-record.ts';
import type { Clock } from '../job/clock.ts';
import type { Delivery } from '../job/delivery.ts';
import { AbortRegistry } from '../attempt/abort-registry.ts';
import { Batches } from '../attempt/batch/batches.ts';
import type { CommonStats } from '../store/stats/queue-stats.ts';
import type { LeaseStore } from '../store/lease-store/lease-store.ts';
import type { HistoryRecorder } from '../store/history/history-recorder.ts';
import { LoadReporter } from './load-reporter.ts';
import type { LoopMonitor } from './loop-monitor.ts';
import { DrainDeadline } from './drain-deadline.ts';
import type { PoolTimings } from '../job/pool-defaults.ts';
import type { PoolEmitter, PoolEvents } from '../attempt/pool-events.ts';
import { recordEvents } from './record-events.ts';
import { isLive, type PoolHealth } from './pool-health.ts';
import { PoolCounters } from '../attempt/pool-counters.ts';
import { thisProcess } from '../attempt/process-load.ts';
import { RedisMonitor } from '../attempt/redis-monitor.ts';
import { runAttempt } from '../attempt/run-attempt.ts';
import type { Slots } from '../job/slots.ts';
import { FetchLoop } from './fetch-loop.ts';
import { StoreBatcher } from './store-batcher.ts';
import { UnservedJobs } from '../attempt/unserved-jobs.ts';
import { UnservedReturner } from './unserved-returner.ts';
import { DRAIN_RULES, IDLE_RULES } from './pool-option-rules.ts';
import type { DrainOptions, IdleOptions, WorkerPool } from './worker-pool.ts';

export interface RunningPoolDeps {
  readonly name: string;
  /** What a test is told that leaves it open; absent where it belongs to something else. */
  readonly resource?: string;
  readonly handlers: Handlers;
  /** Where handlers run that are not on the main loop. */
  readonly threads: { close(): Promise<void> };
  readonly store: LeaseStore;
  /** Joins the lease thread. */
  readonly openLeases: (listener: LeaseListener) => HeldLeases;
  /** What it says of itself at its start. */
  readonly description: PoolDescription;
  readonly events: PoolEmitter;
  readonly history: HistoryRecorder;
  readonly readStats: () => Promise<CommonStats>;
  readonly slots: Slots;
  /** Whether it takes nothing at its start before jobs are given back that ran when all pools died. */
  readonly restsAtStart: boolean;
  /** Called when nothing of a delivery runs here any more, just before its slot is left. */
  readonly onRunOver?: (delivery: Delivery) => void;
  readonly drainMs: number;
  readonly timings: PoolTimings;
  readonly clock: Clock;
  /** Absent without telemetry. */
  readonly tracer?: AttemptTracer | undefined;
  readonly loopMonitor: LoopMonitor;
  readonly random: () => number;
  readonly log: Logger;
}

/** The parts of a pool, put together. */
export class RunningPool implements WorkerPool {
  readonly #deps: RunningPoolDeps;
  readonly #lifecycle: Lifecycle;
  readonly #drainDeadline = new DrainDeadline();
  readonly #aborts = new AbortRegistry();
  readonly #batches: Batches;
  readonly #counters = new PoolCounters();
  readonly #unserved: UnservedJobs;
  readonly #unservedReturner: UnservedReturner;
  readonly #slots: Slots;
  readonly #watch: RedisMonitor;
  readonly #leases: HeldLeases;
  readonly #leaseThreadWatch: RedisMonitor;
  readonly #fetchLoop: FetchLoop;
  readonly #loopMonitor: LoopMonitor;
  #description: PoolDescription;
  readonly #loadReporter: LoadReporter;

  constructor(deps: RunningPoolDeps) {
    const { events, clock } = deps;
    this.#deps = deps;
    this.#slots = deps.slots;
    this.#description = deps.description;
    this.#batches = new Batches(deps.slots);
    this.#unserved = new UnservedJobs(
      () => clock.monotonicMs(),
      (unserved) => events.emit('unserved', unserved),
    );
    this.#watch = new RedisMonitor(events, clock, { lost: 'redisLost', back: 'redisBack' });
    this.#leaseThreadWatch = new RedisMonitor(events, clock, { lost: 'leaseThreadLost', back: 'leaseThreadBack' });
    recordEvents(deps.history, events);
    this.#leases = deps.openLeases(this.#leaseListener());
    this.#fetchLoop = this.#makeFetchLoop();
    this.#unservedReturner = new UnservedReturner(deps.store, deps.handlers);
    this.#loopMonitor = deps.loopMonitor;
    this.#loadReporter = new LoadReporter({
      read: () => ({ abandoned: this.#counters.counts.abandoned, loopLagMs: this.#loopMonitor.lagMs }),
      events,
      report: (load) => this.#describe({ load }),
    });
    this.#lifecycle = new Lifecycle({
      ...(deps.resource === undefined ? {} : { resource: { name: deps.resource, stop: () => this.stop() } }),
      start: (signal) => outsideContext(() => this.#start(signal)),
      stop: () => outsideContext(() => this.#stop()),
    });
  }

  get name(): string {
    return this.#deps.name;
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkOptions('drain', DRAIN_RULES, options, OptionError);
    this.#drainDeadline.endIn(options.timeoutMs ?? this.#deps.drainMs);
    await this.#lifecycle.stop().finally(() => this.#drainDeadline.end()); // its timer would keep the process alive
  }

  stop(): Promise<void> {
    return this.drain({ timeoutMs: 0 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  /** Looks for jobs now. Resolves when it has, or has tried to, or knows that there are none. */
  look(): Promise<void> {
    return outsideContext(() => this.#fetchLoop.look());
  }

  async runUntilIdle(options: IdleOptions): Promise<void> {
    checkOptions('runUntilIdle', IDLE_RULES, options, OptionError);
    await this.start();
    await this.#idleFor(options.idleMs);
    await this.drain();
  }

  on<K extends keyof PoolEvents>(event: K, listener: (event: PoolEvents[K]) => void): () => void {
    return this.#deps.events.on(event, listener);
  }

  health(): PoolHealth {
    const { counts } = this.#counters;
    const slots = this.#slots.total;
    const sinceTurnMs = this.state === 'running' ? Math.round(this.#fetchLoop.sinceTurnMs) : 0;
    const redis = this.#watch.isUp ? 'up' : 'away';
    const leaseThread = this.#leaseThreadWatch.isUp ? 'up' : 'away';
    const leaseOverdueMs = this.#leases.overdueMs;
    const live = isLive({ slots, abandoned: counts.abandoned, sinceTurnMs, leaseOverdueMs, redis });
    const isReachable = redis === 'up' && leaseThread === 'up' && leaseOverdueMs === 0;
    const isReady = live && this.state === 'running' && isReachable && !this.#unserved.hasOwn;
    return {
      ...counts,
      state: this.state,
      live,
      ready: isReady,
      redis,
      leaseThread,
      sinceTurnMs,
      leaseOverdueMs,
      loopLagMs: this.#loopMonitor.lagMs,
      unserved: this.#unserved.all(),
      slots,
      busy: this.#slots.busy,
    };
  }

  stats(): Promise<CommonStats> {
    return this.#deps.readStats();
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { store } = this.#deps;
    signal.addEventListener('abort', () => void Promise.all([store.close(), this.#leases.stop()]), { once: true });
    await Promise.all([store.connect(), this.#leases.start()]);
    if (signal.aborted) return;
    this.#loopMonitor.start();
    this.#fetchLoop.rest(this.#restMs());
    await this.#fetchLoop.start();
    this.#unservedReturner.start();
    this.#loadReporter.start();
  }

  /**
   * What died before this pool was there comes first: among it may be what ends this process as soon as it takes jobs, and no
   * process would live long enough to find that out.
   */
  #restMs(): number {
    const { restsAtStart, timings } = this.#deps;
    const { leftoversInMs } = this.#leases;
    return restsAtStart && leftoversInMs > 0 ? leftoversInMs + 2 * sweepPace(timings).everyMs : 0;
  }

  /** The order matters: leases are kept until the last attempt is settled, and connections until then too. */
  async #stop(): Promise<void> {
    const { events } = this.#deps;
    this.#describe({ state: 'draining' });
    events.emit('draining', { busy: this.#slots.busy });
    this.#leases.noteDrain();
    this.#batches.hurry();
    this.#unservedReturner.stop();
    await this.#fetchLoop.stop();
    await this.#untilEmpty(this.#drainDeadline.signal);
    if (this.#slots.busy > 0) events.emit('interrupting', { busy: this.#slots.busy });
    this.#leases.hurry();
    this.#aborts.abortAll(new JobInterruptedError('the worker is shutting down'));
    await this.#untilEmpty(new AbortController().signal);
    this.#drainDeadline.end();
    this.#loadReporter.stop();
    this.#loopMonitor.stop();
    await this.#deps.history.close();
    await Promise.all([this.#deps.threads.close(), this.#leases.stop(), this.#deps.store.close()]);
    events.emit('stopped', {});
  }

  #obey(order: FleetOrder): void {
    switch (order.kind) {
      case 'concurrency':
        if (this.#description.kind === 'consumer') return;
        this.#slots.resize(order.slots);
        return this.#describe({ slots: order.slots });
      case 'drain':
        this.drain(order.timeoutMs === null ? {} : { timeoutMs: order.timeoutMs }).catch((error: unknown) =>
          this.#deps.events.emit('fault', { where: 'a drain that an operator asked for', error }),
        );
        return;
      default:
        order satisfies never;
    }
  }

  #describe(changed: Partial<PoolDescription>): void {
    this.#description = { ...this.#description, ...changed };
    this.#leases.describe(this.#description);
  }

  #leaseListener(): LeaseListener {
    const { events } = this.#deps;
    return {
      onRecovered: (ids) => {
        this.#fetchLoop.endRest();
        this.#counters.add('recovered', ids.length);
        events.emit('recovered', { ids });
      },
      onOrder: (order) => this.#obey(order),
      onReacquired: (count) => events.emit('reacquired', { count }),
      onTrouble: (error) => this.#leaseThreadWatch.trouble(error),
      onFine: () => this.#leaseThreadWatch.fine(),
    };
  }

  async #untilEmpty(signal: AbortSignal): Promise<void> {
    while (this.#slots.busy > 0 && !signal.aborted) await this.#slots.whenVacated(signal);
  }

  async #idleFor(idleMs: number): Promise<void> {
    const { clock } = this.#deps;
    let idleSinceMs = clock.monotonicMs();
    while (this.state === 'running') {
      const quietMs = clock.monotonicMs() - Math.max(idleSinceMs, this.#fetchLoop.lastFoundAtMs);
      if (this.#slots.busy === 0 && quietMs >= idleMs) return;
      if (this.#slots.busy > 0) {
        await this.#slots.whenVacated(this.#drainDeadline.signal);
        idleSinceMs = clock.monotonicMs();
      } else await this.#drainDeadline.pause(idleMs - quietMs);
    }
  }

  #makeFetchLoop(): FetchLoop {
    const { store, clock, handlers, events, random, log, tracer, onRunOver } = this.#deps;
    const [slots, watch, counters] = [this.#slots, this.#watch, this.#counters];
    const process = thisProcess;
    const batcher: StoreBatcher = new StoreBatcher({
      store,
      slots,
      process,
      run: (delivery, isSuspect) => {
        counters.add('taken');
        return runAttempt(delivery, services, isSuspect);
      },
    });
    const services: PoolServices = {
      handlers,
      store,
      batcher,
      leases: this.#leases,
      aborts: this.#aborts,
      batches: this.#batches,
      watch,
      events,
      counters,
      process,
      unserved: this.#unserved,
      clock,
      random,
      log,
      tracer,
      onRunOver,
    };
    const strays = (): number => counters.counts.abandoned;
    return new FetchLoop({ store, batcher, slots, watch, clock, process, strays });
  }
}
