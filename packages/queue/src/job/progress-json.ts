import { ProgressInvalidError } from './errors/index.ts';
import { describeIssues } from './errors/schema-issue.ts';
import { findJsonLosses } from './encoding/json-losses.ts';
import { writeJson } from './encoding/exact-json.ts';
import { poolDefaults } from './pool-defaults.ts';

/**
 * What is stored of a handler's progress, by the rules of a payload: nothing is changed on the way. A property that is
 * `undefined` is left out.
 *
 * @throws ProgressInvalidError when JSON would lose a part of it, and where; or when it is too large
 */
export function progressAsJson(value: unknown): string {
  const { progressMaxBytes } = poolDefaults;
  const { issues, leastBytes, hasNegativeZero, jsonTexts } = findJsonLosses(value, progressMaxBytes);
  if (leastBytes > progressMaxBytes) throw tooLarge(leastBytes);
  if (issues.length > 0)
    throw new ProgressInvalidError(`progress cannot be written as JSON: ${describeIssues(issues)}`);
  if (jsonTexts.length > 0) throw new ProgressInvalidError('progress is plain data, and cannot hold a JsonText');
  const json = writeJson(value, hasNegativeZero);
  const bytes = Buffer.byteLength(json);
  if (bytes > progressMaxBytes) throw tooLarge(bytes);
  return json;
}

function tooLarge(bytes: number): ProgressInvalidError {
  const { progressMaxBytes } = poolDefaults;
  return new ProgressInvalidError(
    `progress has ${bytes} bytes or more as JSON, over than the ${progressMaxBytes} that are allowed`,
  );
}
