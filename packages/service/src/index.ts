export { appFromEnvironment, type AppSource } from './app/app-source.ts';
export { loadApp, type LoadAppOptions } from './app/load-app.ts';
export { parseQueueSelection, type QueueChoice } from './app/queue-selection.ts';
export { commonFields } from './config/common-fields.ts';
export { defineConfig, parseConfig, type ConfigFields, type ConfigOf, type ConfigSchema } from './config/config.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export { field, type ConfigField, type FieldOptions } from './config/field.ts';
export { type ProgramOptions } from './config/program-options.ts';
export { queueFields } from './config/queue-fields.ts';
export { reservedNames } from './config/reserved-names.ts';
export { exitCodeOf, exitCodes } from './exit-codes.ts';
export { createLogger, type LoggerOptions } from './logging/create-logger.ts';
export {
  stopOnSignals,
  type SignalHost,
  type StopOnSignalsOptions,
  type StopRequest,
  type StopSignal,
} from './signals/stop-on-signals.ts';
export { runWorker, type RunWorkerOptions } from './worker/run-worker.ts';
export { workerConfig, type WorkerConfig } from './worker/worker-config.ts';
export type { WorkerHealth } from './worker/worker-health.ts';
export { runService, type RunServiceOptions } from './service/run-service.ts';
export { serviceConfig, type ServiceConfig } from './service/service-config.ts';
