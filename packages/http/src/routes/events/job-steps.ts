import type { QueueEvent } from '@sluice/queue';
import type { JobQueueClient } from '../served-queues.ts';

/** Called with each step of its job, or of all jobs; `cursor` is that of the last step of any job. */
export interface StepListener {
  onSteps(steps: readonly QueueEvent[]): void;
}

/** The steps of the jobs of one queue: read once, however many streams show them, and only while one does. */
export class JobSteps {
  readonly #producer: Pick<JobQueueClient, 'follow'>;
  readonly #ofAll = new Set<StepListener>();
  readonly #ofOne = new Map<string, Set<StepListener>>();
  #following: Promise<{ stop: () => void }> | undefined;
  #cursor: string | undefined;

  constructor(producer: Pick<JobQueueClient, 'follow'>) {
    this.#producer = producer;
  }

  /** Where the last step that was sent is in the queue's stream; undefined while nobody listens. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /**
   * From now on the listener is called with the steps of a job, or of all jobs. Resolves with what ends that.
   *
   * @throws RedisUnavailableError
   */
  async listen(listener: StepListener, id?: string): Promise<() => void> {
    await this.#join();
    const listeners = id === undefined ? this.#ofAll : (this.#ofOne.get(id) ?? new Set());
    listeners.add(listener);
    if (id !== undefined) this.#ofOne.set(id, listeners);
    return () => {
      listeners.delete(listener);
      if (id !== undefined && listeners.size === 0) this.#ofOne.delete(id);
      if (this.#ofAll.size === 0 && this.#ofOne.size === 0) this.#rest();
    };
  }

  /** What was begun may have been ended again by those who left meanwhile. */
  async #join(): Promise<void> {
    for (;;) {
      const following = (this.#following ??= this.#follow());
      await following;
      if (this.#following === following) return;
    }
  }

  async #follow(): Promise<{ stop: () => void }> {
    try {
      const { cursor, stop } = await this.#producer.follow((events) => this.#tell(events));
      this.#cursor = cursor;
      return { stop };
    } catch (error) {
      this.#following = undefined;
      throw error;
    }
  }

  #rest(): void {
    const following = this.#following;
    this.#following = undefined;
    this.#cursor = undefined;
    following?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
  }

  #tell(events: readonly QueueEvent[]): void {
    this.#cursor = events.at(-1)?.cursor ?? this.#cursor;
    for (const listener of this.#ofAll) listener.onSteps(events);
    if (this.#ofOne.size === 0) return;
    for (const event of events) for (const listener of this.#ofOne.get(event.id ?? '') ?? []) listener.onSteps([event]);
  }
}
