/** What the test kit needs of the engine. For `@sluice/testing`; it may change with any version. */
export { runAlone, type AloneDelivery, type AloneOptions, type AloneRun } from './attempt/run-alone.ts';
export { checkOptions } from './job/options/check-options.ts';
export * as optionRule from './job/options/option-rules.ts';
