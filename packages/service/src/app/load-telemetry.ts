import { ConfigError } from '@sluice/queue/contracts';
import type { ProgramOptions } from '../config/program-options.ts';
import { importNamed } from './import-named.ts';

type Telemetry = NonNullable<ProgramOptions['telemetry']>;

/** What a module may export for OpenTelemetry: `BullMQOtel` of the package bullmq-otel. */
type TelemetryClass = new (options: { tracerName: string }) => Telemetry;

/** Of a program: what it was given, else what the setting names. */
export async function telemetryOf(
  { telemetry }: Pick<ProgramOptions, 'telemetry'>,
  { telemetryModule }: { readonly telemetryModule?: string | undefined },
  program: string,
): Promise<Telemetry | undefined> {
  return telemetry ?? (telemetryModule === undefined ? undefined : loadTelemetry(telemetryModule, { program }));
}

/**
 * Loads the telemetry that a setting names: a path, a `file:` URL or a package, with the telemetry as its default export, or with a
 * class `BullMQOtel`, as the package bullmq-otel has it. That is the user's own, and so is the SDK that collects spans.
 *
 * @throws ConfigError when it cannot be loaded, or has neither
 */
export async function loadTelemetry(
  named: string,
  { program, from = process.cwd() }: { program: string; from?: string },
): Promise<Telemetry> {
  const module = await importNamed(named, { from, where: 'SLUICE_TELEMETRY' });
  const { BullMQOtel: telemetryClass } = module as { BullMQOtel?: TelemetryClass };
  if (typeof telemetryClass === 'function') return new telemetryClass({ tracerName: program });
  const found = module['default'];
  if (isTelemetry(found)) return found;
  throw new ConfigError([
    `SLUICE_TELEMETRY ${JSON.stringify(named)}: its default export is no telemetry as BullMQ takes it; name bullmq-otel, or a module with export default new BullMQOtel({ … })`,
  ]);
}

function isTelemetry(value: unknown): value is Telemetry {
  return typeof value === 'object' && value !== null && 'tracer' in value && 'contextManager' in value;
}
