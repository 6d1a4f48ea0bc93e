import { describe, expect, it } from 'vitest';
import { shippedJobs, shippedQueue } from './shipped-queue.ts';

const common = { queue: 'pages', prefix: 'mine', capacity: 7 };

describe('shippedQueue', () => {
  it('has the shipped jobs, and the configured name, prefix and capacity', () => {
    expect(shippedQueue(common)).toMatchObject({ name: 'pages', prefix: 'mine', capacity: 7, jobs: shippedJobs });
  });

  it('has what only one of the services configures', () => {
    const settings = { ...common, revision: 3, keepCount: 20, keepMs: 5_000, idempotencyMs: 9_000 };
    const keep = { completed: { count: 20, ageMs: 5_000 } };
    expect(shippedQueue(settings)).toMatchObject({ revision: 3, keep, idempotencyMs: 9_000 });
  });
});
