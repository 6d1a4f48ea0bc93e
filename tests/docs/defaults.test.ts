import { readFile } from 'node:fs/promises';
import {
  capacityDefaults,
  clockDefaults,
  connectionDefaults,
  poolDefaults,
  producerDefaults,
  threadDefaults,
  jobDefaults,
  limits,
  queueDefaults,
} from '@sluice/queue';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/defaults.md', root), 'utf8');

/** Each section of the page, by its heading, and what the source has for it. */
const sections: Record<string, object> = {
  'A contract': jobDefaults,
  'A queue': queueDefaults,
  'What a job carries': limits,
  Connections: connectionDefaults,
  Producers: producerDefaults,
  'One capacity': capacityDefaults,
  Clocks: clockDefaults,
  'Worker pools': poolDefaults,
  'Handlers in threads': threadDefaults,
};

/** `{ keep: { count: 1000 } }` as `{ 'keep.count': '1,000' }`. */
function flatten(defaults: object, prefix = ''): Record<string, string> {
  const entries = Object.entries(defaults).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return Object.entries(flatten(value, `${prefix}${name}.`));
    return [[`${prefix}${name}`, typeof value === 'number' ? value.toLocaleString('en-US') : String(value)]];
  });
  return Object.fromEntries(entries);
}

/** The rows of a section's table, by name; a name that stands there twice fails. */
function readTable(heading: string): Record<string, string> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| [^|]+ \|$/gm)];
  const names = rows.map(([, name]) => name);
  expect(names).toEqual([...new Set(names)]);
  return Object.fromEntries(rows.map(([, name = '', value = '']) => [name, value]));
}

describe('docs/defaults.md', () => {
  it.each(Object.keys(sections))('says under %j what the source says, no less and no more', (heading) => {
    expect(readTable(heading)).toEqual(flatten(sections[heading] ?? {}));
  });

  it('has no section with a table that this test does not know', () => {
    const withTable = page.split(/^## /m).filter((text) => text.includes('| --- |'));
    expect(withTable.map((text) => text.split('\n', 1)[0])).toEqual(Object.keys(sections));
  });
});
