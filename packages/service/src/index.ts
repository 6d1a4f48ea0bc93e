export { commonFields } from './config/common-fields.ts';
export { defineConfig, parseConfig, type ConfigFields, type ConfigOf, type ConfigSchema } from './config/config.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export { field, type ConfigField, type FieldOptions } from './config/field.ts';
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
