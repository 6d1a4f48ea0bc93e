export { SluiceError } from './sluice-error.ts';
export { type SchemaIssue } from './schema-issue.ts';
export * from './option-errors.ts';
export * from './put-errors.ts';
export * from './attempt-errors.ts';
export * from './result-errors.ts';
export * from './service-errors.ts';
