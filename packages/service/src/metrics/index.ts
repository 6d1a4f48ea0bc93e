export { Metrics, type MetricsOptions } from './metrics.ts';
export type { ObservedProducer } from './put-metrics.ts';
export type { ObservedRequest } from './request-metrics.ts';
