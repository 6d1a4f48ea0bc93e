import type {
  ConsoleQueue,
  ConsoleQueuesEvent,
  ConsoleRates,
  ConsoleRatesEvent,
  ConsoleTroubleEvent,
} from '@sluice/http/console';

/** What the stream has said so far. A new object for each event. */
export interface LiveState {
  /** `lost`: the connection is away, and is tried again. */
  readonly status: 'connecting' | 'live' | 'paused' | 'lost';
  /** When the last event came, in milliseconds since the epoch by this browser; null before the first. */
  readonly heardAt: number | null;
  /** The names that the stream is about; null before the first event. */
  readonly names: readonly string[] | null;
  readonly queues: ReadonlyMap<string, ConsoleQueue>;
  readonly rates: ReadonlyMap<string, ConsoleRates>;
  /** Why the service could not look; null when it could. */
  readonly trouble: string | null;
  readonly readOnly: boolean;
}

/** Dispatched when the service refuses the stream for good: perhaps because this page is not signed in any more. */
export const REFUSED = 'sluice-stream-refused';

const nothing: LiveState = {
  status: 'connecting',
  heardAt: null,
  names: null,
  queues: new Map(),
  rates: new Map(),
  trouble: null,
  readOnly: true,
};

/** The one stream of this tab: about all queues, or about one. Closed while the tab is hidden and while it is paused. */
class LiveFeed {
  #state = nothing;
  #source: EventSource | undefined;
  /** Null: all queues. */
  #queue: string | null | undefined;
  #isPaused = false;
  readonly #listeners = new Set<() => void>();

  constructor() {
    document.addEventListener('visibilitychange', () => this.#reopen());
  }

  get state(): LiveState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is shown from now on. */
  show(queue: string | null): void {
    if (this.#queue === queue) return;
    this.#queue = queue;
    this.#set({ names: null });
    this.#reopen();
  }

  /** As if nothing had been shown yet: for another key. */
  forget(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#queue = undefined;
    this.#set(nothing);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#reopen();
  }

  #reopen(): void {
    this.#source?.close();
    this.#source = undefined;
    if (this.#queue === undefined) return;
    if (this.#isPaused && this.#state.names) return this.#set({ status: 'paused' });
    if (document.hidden) return;
    const query = this.#queue === null ? '' : `?queue=${encodeURIComponent(this.#queue)}`;
    const source = new EventSource(`v1/console/events${query}`);
    this.#source = source;
    const on = <Data>(event: string, take: (data: Data) => Partial<LiveState>): void =>
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        if (source !== this.#source) return;
        this.#set({ ...take(JSON.parse(data) as Data), heardAt: Date.now() });
        // Paused before anything was there to show.
        if (this.#isPaused) this.#reopen();
      });
    on<ConsoleQueuesEvent>('queues', ({ names, changed, readOnly }) => {
      const queues = new Map([...this.#state.queues, ...changed.map((row) => [row.queue, row] as const)]);
      return { status: 'live', names, queues, readOnly, trouble: null };
    });
    on<ConsoleRatesEvent>('rates', (rates) => ({
      rates: new Map([...this.#state.rates, ...Object.entries(rates)]),
    }));
    on<ConsoleTroubleEvent>('trouble', ({ detail }) => ({ status: 'live', trouble: detail }));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      this.#set({ status: 'lost' });
      // Refused for good, such as with 503 or 404: the browser does not try those again.
      if (source.readyState !== EventSource.CLOSED) return;
      dispatchEvent(new Event(REFUSED));
      setTimeout(() => source === this.#source && this.#reopen(), 2_000);
    });
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** That of this tab. */
export const liveFeed: LiveFeed = new LiveFeed();
