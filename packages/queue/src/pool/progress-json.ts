import { ProgressInvalidError } from './attempt-errors.ts';
import { poolDefaults } from './pool-defaults.ts';

/**
 * What is stored of a handler's progress.
 *
 * @throws ProgressInvalidError when the value is no JSON, or too large
 */
export function progressAsJson(value: unknown): string {
  const json = asJson(value);
  if (json === undefined) throw new ProgressInvalidError('progress cannot be written as JSON');
  const bytes = Buffer.byteLength(json);
  const { progressMaxBytes } = poolDefaults;
  if (bytes <= progressMaxBytes) return json;
  throw new ProgressInvalidError(
    `progress has ${bytes} bytes as JSON, more than the ${progressMaxBytes} that are allowed`,
  );
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch {
    return undefined;
  }
}
