import type { PoolEmitter } from '../attempt/pool-events.ts';
import type { PoolLoad } from '../store/pools/pool-description.ts';

const EVERY_MS = 2_000;
/** Shorter blocks of the loop are nothing to report, and the noise of idle loops is none. */
const LAG_STEP_MS = 50;

export interface LoadReporterDeps {
  /** What is so now. */
  readonly read: () => Omit<PoolLoad, 'lateRenewals'>;
  readonly events: Pick<PoolEmitter, 'on'>;
  readonly report: (load: PoolLoad) => void;
  readonly everyMs?: number;
}

/** Says how a pool does, for those who look at it from elsewhere: when that has changed, so that an idle pool says it once. */
export class LoadReporter {
  readonly #deps: LoadReporterDeps;
  #lateRenewals = 0;
  #reported = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: LoadReporterDeps) {
    this.#deps = deps;
    deps.events.on('reacquired', ({ count }) => (this.#lateRenewals += count));
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), this.#deps.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { abandoned, loopLagMs } = this.#deps.read();
    const lag = Math.floor(loopLagMs / LAG_STEP_MS) * LAG_STEP_MS;
    const load = { abandoned, lateRenewals: this.#lateRenewals, loopLagMs: lag };
    const text = JSON.stringify(load);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#deps.report(load);
  }
}
