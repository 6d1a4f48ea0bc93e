import { describe, expect, it } from 'vitest';
import { defineConfig } from './config.ts';
import { listSettings, renderEnvExample, renderSettingsTable } from './settings-docs.ts';
import { field } from './field.ts';

const url = field.url({
  env: 'URL',
  description: 'Where to.',
  protocols: ['http:'],
  example: 'http://a',
  secret: true,
});
const drainMs = (description: string, fallback = '20s') =>
  field.duration({ env: 'DRAIN_MS', description, default: fallback });
const slots = field.wholeNumber({ env: 'SLOTS', description: `How many ${'very '.repeat(20)}many.`, default: '5' });
const label = field.text({ env: 'LABEL', description: 'A | B.', optional: true });

const programs = [
  { name: 'one', schema: defineConfig({ slots, url, drainMs: drainMs('Time for requests.') }) },
  { name: 'two', schema: defineConfig({ url, drainMs: drainMs('Time for jobs.'), label }) },
];

describe('renderEnvExample', () => {
  it('shows each variable once, what must be set first, and what has a default behind a #', () => {
    expect(renderEnvExample(listSettings(programs)).split('\n').slice(3)).toEqual([
      '# ---- one and two ----',
      '',
      '# Where to.',
      '# A URL that starts with http://.',
      'URL=http://a',
      '',
      '# one: Time for requests.',
      '# two: Time for jobs.',
      '# A duration like 5s, 1500ms or 2m.',
      '#DRAIN_MS=20s',
      '',
      '# ---- one ----',
      '',
      `# How many ${'very '.repeat(18).trim()}`,
      '# very very many.',
      '# A whole number.',
      '#SLOTS=5',
      '',
      '# ---- two ----',
      '',
      '# A | B.',
      '# Text.',
      '#LABEL=',
      '',
    ]);
  });
});

describe('renderSettingsTable', () => {
  it('has a row for each variable', () => {
    const rows = renderSettingsTable(listSettings(programs)).split('\n').slice(2);
    expect(rows).toEqual([
      '| `URL` | one, two | **must be set** | a URL that starts with http:// | Where to. Never printed. |',
      '| `DRAIN_MS` | one, two | `20s` | a duration like 5s, 1500ms or 2m | one: Time for requests. two: Time for jobs. |',
      `| \`SLOTS\` | one | \`5\` | a whole number | How many ${'very '.repeat(20)}many. |`,
      '| `LABEL` | two |  | text | A \\| B. |',
    ]);
  });
});

describe('listSettings', () => {
  it('refuses two programs that read one variable with different defaults', () => {
    const other = { name: 'three', schema: defineConfig({ drainMs: drainMs('Time.', '30s') }) };
    expect(() => listSettings([...programs, other])).toThrow('DRAIN_MS has different defaults in one, two, three');
  });
});
