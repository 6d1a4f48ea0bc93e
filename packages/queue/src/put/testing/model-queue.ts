import type { WhenFull } from '../../job/contracts/queue-policy.ts';

/** One put of the model: what its caller gives. */
export interface ModelPut {
  id: string;
  whenFull: Exclude<WhenFull, 'wait'>;
  priority?: number;
  delayed?: boolean;
}

/** What its caller gets. */
export interface ModelAnswer {
  status: 'created' | 'duplicate' | 'capacity' | 'nothing-to-drop';
  /** Unfinished jobs afterwards. */
  depth: number;
  dropped?: string;
}

interface Prioritized {
  id: string;
  priority: number;
}

/** A bounded queue in a few lines: who is in, who is dead, who is refused. Puts come one at a time. */
export class ModelQueue {
  capacity: number;
  /** The next first. */
  readonly wait: string[] = [];
  /** The next first. */
  readonly prioritized: Prioritized[] = [];
  readonly delayed: string[] = [];
  readonly active: string[] = [];
  /** In the order of their deaths. */
  readonly dead: string[] = [];
  /** Puts that wait for capacity, the next first. */
  readonly waiters: string[] = [];
  readonly #started = new Set<string>();
  readonly #known = new Set<string>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get depth(): number {
    return this.wait.length + this.prioritized.length + this.delayed.length + this.active.length;
  }

  put(put: ModelPut): ModelAnswer {
    if (this.#known.has(put.id)) return { status: 'duplicate', depth: this.depth };
    if (this.waiters.length === 0 && this.depth < this.capacity) return this.#add(put);
    if (put.whenFull === 'reject') return { status: 'capacity', depth: this.depth };
    const evicted = put.whenFull === 'drop-oldest' ? this.#oldest() : this.#leastUrgent(put.priority ?? 0);
    if (evicted === undefined) return { status: 'nothing-to-drop', depth: this.depth };
    this.#leave(evicted);
    this.dead.push(evicted);
    return { ...this.#add(put), dropped: evicted };
  }

  /** A put that waits for its turn, and needs no more than to be in at some time. */
  join(id: string): void {
    this.waiters.push(id);
    this.admitWaiters();
  }

  admitWaiters(): void {
    while (this.waiters.length > 0 && this.depth < this.capacity) {
      this.#add({ id: this.waiters.shift() ?? '', whenFull: 'reject' });
    }
  }

  /** The next job starts; its id, or undefined when none waits. */
  take(): string | undefined {
    const id = this.wait[0] ?? this.prioritized[0]?.id;
    if (id === undefined) return undefined;
    this.#leave(id);
    this.active.push(id);
    return id;
  }

  /** The job that runs longest ends. */
  finish(): string | undefined {
    const id = this.active.shift();
    this.admitWaiters();
    return id;
  }

  /** Marks a job that waits as one that was started before. */
  markStarted(index: number): string | undefined {
    const waiting = [...this.wait, ...this.prioritized.map(({ id }) => id)];
    const id = waiting[index % Math.max(waiting.length, 1)];
    if (id !== undefined) this.#started.add(id);
    return id;
  }

  #add({ id, priority, delayed = false }: ModelPut): ModelAnswer {
    this.#known.add(id);
    if (delayed) this.delayed.push(id);
    else if (priority === undefined) this.wait.push(id);
    else {
      this.prioritized.push({ id, priority });
      this.prioritized.sort((a, b) => a.priority - b.priority); // keeps the order of equals
    }
    return { status: 'created', depth: this.depth };
  }

  #leave(id: string): void {
    const position = this.wait.indexOf(id);
    if (position >= 0) this.wait.splice(position, 1);
    const among = this.prioritized.findIndex((job) => job.id === id);
    if (among >= 0) this.prioritized.splice(among, 1);
  }

  #oldest(): string | undefined {
    const next = [...this.wait, ...this.prioritized.map(({ id }) => id)];
    return next.find((id) => !this.#started.has(id));
  }

  #leastUrgent(than: number): string | undefined {
    const droppable = this.prioritized.filter(({ id, priority }) => priority > than && !this.#started.has(id));
    const last = Math.max(...droppable.map(({ priority }) => priority));
    return droppable.find(({ priority }) => priority === last)?.id;
  }
}
