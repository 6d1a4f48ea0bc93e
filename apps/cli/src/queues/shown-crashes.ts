import type { CrashEvidence, JobCrash } from '@sluice/queue';
import { shownTime } from './shown-values.ts';

const meanings: Readonly<Record<CrashEvidence, (crash: JobCrash) => string>> = {
  alone: () => 'it was alone in the process: counted',
  shared: ({ jobsInProcess }) =>
    jobsInProcess === 1 ? 'others had run in the process: suspected' : `${jobsInProcess} jobs ran there: suspected`,
  drain: () => 'the process had been asked to end: no evidence',
  machine: () => 'others of its machine died with it: no evidence',
};

/** A crash as a line, as in `2026-11-27T17:20:05Z  mailer-1  it was alone in the process: counted`. */
export function shownCrash(crash: JobCrash): string {
  return `${shownTime(crash.at)}  ${crash.worker}  ${meanings[crash.evidence](crash)}`;
}
