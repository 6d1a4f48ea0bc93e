/** For the test that compares the generated files with the source; programs have no use for it. */
export { findPrograms, renderConfigDocs } from './generate-config-docs.ts';
export { listSettings } from './settings.ts';
