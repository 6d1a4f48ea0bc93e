export * from './contracts/job-contract.ts';
export * from './contracts/queue-policy.ts';
export { parseJobId } from './contracts/job-id.ts';
export { limits } from './contracts/limits.ts';
export { decodePayload, decodeResult } from './encoding/decode.ts';
export { encodePayload, encodeResult, type EncodedValue } from './encoding/encode.ts';
export { asStringifiable, findInexactNumbers, UNDEFINED_JSON, writeJson } from './encoding/exact-json.ts';
export { exactJson, parseExactly } from './encoding/exact-members.ts';
export { exactValue, JsonText } from './encoding/json-text.ts';
export { findJsonLosses } from './encoding/json-losses.ts';
export { payloadDigest } from './encoding/payload-digest.ts';
export * from './errors/index.ts';
export { checkOptions } from './options/check-options.ts';
export * as optionRule from './options/option-rules.ts';
export type { OptionRule, OptionRules } from './options/option-rules.ts';
export { withDefaults } from './options/with-defaults.ts';
export { fetchErrorCodes, fetchUrl, type FetchErrorCode } from './jobs/http-fetch.ts';
export { pageDigest, pageDigestLimits } from './jobs/page-digest.ts';
export { shippedJobs } from './jobs/shipped-jobs.ts';
export { Lifecycle, type LifecycleHooks, type LifecycleState } from './lifecycle/lifecycle.ts';
export { exitCodeOf, exitCodes } from './lifecycle/service-exit.ts';
export { hideCredentials } from './logging/hide-credentials.ts';
export {
  createLogger,
  jobLogger,
  logLevels,
  silentLogger,
  type JobLogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from './logging/logger.ts';
export { warningLogger, type WarningCode } from './logging/warning-logger.ts';
export { relayLogger, writeRelayed } from './logging/relay-logger.ts';
export { commonFields } from './config/common-fields.ts';
export { defineConfig, parseConfig, type ConfigFields, type ConfigOf, type ConfigSchema } from './config/config.ts';
export { formatDuration, parseDuration } from './config/duration.ts';
export { field, type ConfigField, type FieldOptions } from './config/field.ts';
export { reservedNames } from './config/reserved-names.ts';
export { didYouMean } from './config/did-you-mean.ts';
export {
  readRedisAddress,
  redisAddressForm,
  shownRedisServer,
  type ReadAddress,
  type RedisServer,
} from './redis-address/read-redis-address.ts';
