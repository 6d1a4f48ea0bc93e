import { DefinitionError } from '@sluice/queue/contracts';
import type { ConfigSchema } from './config.ts';
import type { ConfigField } from './field.ts';

/** A program and the settings that it reads. */
export interface Program {
  name: string;
  schema: ConfigSchema;
}

/** One environment variable, with all programs that read it. */
export interface Setting {
  readonly field: ConfigField;
  readonly programs: readonly string[];
  /** One text when all programs mean the same by it, else one for each: `worker: …`. */
  readonly descriptions: readonly string[];
}

/**
 * Every variable once, those of most programs first, otherwise in the order of the fields.
 *
 * @throws DefinitionError when two programs read one variable with different defaults
 */
export function listSettings(programs: readonly Program[]): Setting[] {
  const names = new Set(programs.flatMap(({ schema }) => Object.values(schema.fields).map(({ env }) => env)));
  const settings = [...names].map((env) => settingOf(env, programs));
  return settings.toSorted((a, b) => b.programs.length - a.programs.length);
}

function settingOf(env: string, programs: readonly Program[]): Setting {
  const uses = programs.flatMap(({ name, schema }) =>
    Object.values(schema.fields).flatMap((field) => (field.env === env ? [{ name, field }] : [])),
  );
  const [first] = uses;
  if (!first) throw new DefinitionError(`configuration: nobody reads ${env}`);
  if (uses.some(({ field }) => field.default !== first.field.default || field.optional !== first.field.optional)) {
    throw new DefinitionError(
      `configuration: ${env} has different defaults in ${uses.map(({ name }) => name).join(', ')}`,
    );
  }
  const same = uses.every(({ field }) => field.description === first.field.description);
  const descriptions = same
    ? [first.field.description]
    : uses.map(({ name, field }) => `${name}: ${field.description}`);
  return { field: first.field, programs: [...new Set(uses.map(({ name }) => name))], descriptions };
}

const HEADER = `# Settings of Sluice's programs. Copy this file to .env and change what you need.
# An empty variable counts as unset. Generated from the programs' config.ts: see docs/configuration.md.`;

const WIDTH = 100;

/** The text of `.env.example`: what must be set stands there, what has a default stands behind a `#`. */
export function renderEnvExample(settings: readonly Setting[]): string {
  const groups = Map.groupBy(settings, ({ programs }) => programs.join(' and '));
  const sections = [...groups].map(([programs, ofGroup]) =>
    [`# ---- ${programs} ----`, ...ofGroup.map(render)].join('\n\n'),
  );
  return `${[HEADER, ...sections].join('\n\n')}\n`;
}

function render({ field, descriptions }: Setting): string {
  const comment = [...descriptions, `${capitalize(field.form)}.`]
    .flatMap((text) => wrap(text))
    .map((line) => `# ${line}`);
  const shown = field.default ?? field.example ?? '';
  const mark = field.default === undefined && !field.optional ? '' : '#';
  return [...comment, `${mark}${field.env}=${shown}`].join('\n');
}

function wrap(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The settings as a table of Markdown. */
export function renderSettingsTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ field, programs, descriptions }) => {
    const notes = field.secret ? ['Never printed.'] : [];
    const given = field.default === undefined ? (field.optional ? '' : '**must be set**') : `\`${field.default}\``;
    return [`\`${field.env}\``, programs.join(', '), given, field.form, [...descriptions, ...notes].join(' ')];
  });
  const lines = [['variable', 'read by', 'default', 'form', 'meaning'], ['---', '---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
