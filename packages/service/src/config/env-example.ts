import type { Setting } from './settings.ts';

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
