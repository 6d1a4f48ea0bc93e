import type { DeliveryEntry, JobEntry } from './queue-log.ts';
import type { QueueEvent, Step } from './read-step.ts';

type OpenJob = JobEntry & { deliveries: DeliveryEntry[]; edits: { in: number; data: string }[] };

/** Builds each job's life from its events, with the locks and workers of the same transaction. */
export class JobTracker {
  readonly entries: OpenJob[] = [];
  /** The latest job under each stored id. */
  readonly #latest = new Map<string, OpenJob>();

  apply(index: number, step: Step): void {
    for (const [id, data] of step.edits) this.#latest.get(id)?.edits.push({ in: index, data });
    for (const event of step.events) this.#applyEvent(index, event, step);
    for (const [id, { token, endsMs }] of step.locks) this.#lease(id, endsMs, token);
    for (const [id, endsMs] of step.extended) this.#lease(id, endsMs);
  }

  #applyEvent(index: number, event: QueueEvent, step: Step): void {
    if (event.name === 'added') return this.#add(index, event, step);
    const job = this.#latest.get(event.id);
    if (!job) return;
    const { atMs, fields } = event;
    const end = (how: 'completed' | 'failed', value = ''): void => {
      endDelivery(job, index, event, how, value);
      job.end = { how, atMs, in: index };
    };
    switch (event.name) {
      case 'duplicated':
        return void (job.duplicates += 1);
      case 'active':
        return void job.deliveries.push(begin(index, event, step));
      case 'completed':
        return end('completed', fields.get('returnvalue'));
      case 'failed':
        return end('failed', fields.get('failedReason'));
      case 'delayed':
      case 'waiting':
        if (job.end?.how === 'failed' && fields.get('prev') === 'failed') return replay(job);
        return endDelivery(job, index, event, 'returned');
      case 'stalled':
        return stall(job, index, event);
      case 'removed':
        return void (job.end ??= { how: 'removed', atMs, in: index }); // one that has ended may be removed later
      default: // progress, drained and other events do not move a job
    }
  }

  #add(index: number, { id, atMs }: QueueEvent, step: Step): void {
    const { job: name, data } = step.added.get(id) ?? { job: '', data: '' };
    const job: OpenJob = {
      id: callerId(id),
      job: name,
      data,
      edits: [],
      addedAtMs: atMs,
      addedIn: index,
      duplicates: 0,
      replays: 0,
      deliveries: [],
      end: null,
    };
    this.#latest.set(id, job);
    this.entries.push(job);
  }

  /** A lock that is set or renewed belongs to the current delivery. */
  #lease(id: string, endsMs: number, token?: string): void {
    const delivery = this.#latest.get(id)?.deliveries.at(-1);
    if (!delivery || delivery.end !== null) return;
    if (token !== undefined && token !== delivery.token) return;
    delivery.leaseEndsMs = Math.max(delivery.leaseEndsMs, endsMs);
  }
}

function begin(index: number, { id, atMs }: QueueEvent, step: Step): DeliveryEntry {
  return {
    token: step.locks.get(id)?.token ?? null,
    worker: step.workers.get(id) ?? null,
    takenAtMs: atMs,
    takenIn: index,
    leaseEndsMs: atMs,
    end: null,
  };
}

function endDelivery(
  job: OpenJob,
  index: number,
  { atMs }: QueueEvent,
  how: 'completed' | 'failed' | 'returned',
  value = '',
): void {
  const delivery = job.deliveries.at(-1);
  if (delivery?.end === null) delivery.end = { how, atMs, in: index, value };
}

function replay(job: OpenJob): void {
  job.end = null;
  job.replays += 1;
}

/** BullMQ writes both events, `waiting` and `stalled`, in one transaction. */
function stall(job: OpenJob, index: number, { atMs }: QueueEvent): void {
  const delivery = job.deliveries.at(-1);
  if (delivery && (delivery.end === null || delivery.end.in === index)) {
    delivery.end = { how: 'stalled', atMs, in: index, value: '' };
  }
}

/** A caller's id is stored as `k.` and its percent-encoding. */
function callerId(stored: string): string {
  return stored.startsWith('k.') ? decodeURIComponent(stored.slice(2)) : stored;
}
