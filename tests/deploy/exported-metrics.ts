import type { ObservedProducer } from '@sluice/service/metrics';
import { Metrics } from '@sluice/service/metrics';
import { defineJob, defineQueue, type WorkerPool } from '@sluice/queue';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { z } from 'zod';

/** A metric as a query may name it. */
export interface ExportedMetric {
  readonly labels: ReadonlySet<string>;
  /** The values of the label `outcome`, where it has one. */
  readonly outcomes: ReadonlySet<string>;
}

/** What every scraped series has. */
const OF_TARGETS = ['instance'];

const job = defineJob({ name: 'work', payload: z.void(), result: z.void() });
const queue = defineQueue({ name: 'work', jobs: [job], capacity: 1 });

/** Does nothing, so that only what is there from the start is exported. */
const idle = { on: () => () => undefined, stats: () => Promise.reject(new Error('idle')), waitingPuts: 0 };
const health = { slots: 1, busy: 0, abandoned: 0, leaseOverdueMs: 0, ready: true };

/** All that `/metrics` of the programs has, by the names that queries use: those of the parts of a histogram, too. */
export async function exportedMetrics(): Promise<ReadonlyMap<string, ExportedMetric>> {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const metrics = new Metrics({ register });
  metrics.observeProducer(queue, idle as unknown as ObservedProducer);
  metrics.observePool(queue, { ...idle, health: () => health } as unknown as WorkerPool);
  const text = await metrics.text();
  const exported = new Map<string, ExportedMetric>();
  for (const metric of register.getMetricsAsArray()) {
    // prom-client's types do not show the names of labels.
    const { name, type, labelNames } = metric as unknown as { name: string; type: string; labelNames: string[] };
    const outcomes = new Set(
      [...text.matchAll(new RegExp(`^${name}\\{[^}]*outcome="([^"]+)"`, 'gm'))].map(([, outcome = '']) => outcome),
    );
    const entry = { labels: new Set([...labelNames, ...OF_TARGETS]), outcomes };
    if (type !== 'histogram') exported.set(name, entry);
    else for (const part of ['_bucket', '_sum', '_count']) exported.set(name + part, entry);
  }
  return exported;
}
