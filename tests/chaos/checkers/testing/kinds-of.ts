import { check } from '../check.ts';
import { calmRun, type Changes } from './calm-run.ts';

/** What all rules together have against a run. */
export function kindsOf(changes: Changes): string[] {
  return check(calmRun(changes)).flatMap(({ violations }) => violations.map(({ kind }) => kind));
}
