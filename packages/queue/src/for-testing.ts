/** What the test kit needs of the engine. For `@sluice/testing`; it may change with any version. */
export type { ChildRecord } from './job/handler/child-outcome.ts';
export { runAlone, type AloneDelivery, type AloneOptions, type AloneRun } from './attempt/run-alone.ts';
export { checkOptions } from './job/options/check-options.ts';
export * as optionRule from './job/options/option-rules.ts';
export type { ObservedJob, ObservedStep } from './store/observation/job-observer.ts';
export type { QueueWork } from './store/observation/move-times.ts';
export { QueueView } from './store/observation/queue-view.ts';
export { type OpenResource, type ResourceListener, setResourceListener } from './job/lifecycle/resource-listener.ts';
export { createParkedPool, type ParkedPool } from './pool/parked-pool.ts';
