import { readFile } from 'node:fs/promises';
import { Metrics } from '@sluice/service/metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';

/** What Prometheus calls the parts of a histogram. */
const ofHistograms = ['le'];

interface Exported {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
const [, tables = ''] = /<!-- metrics:begin -->([\s\S]*)<!-- metrics:end -->/.exec(page) ?? [];
const listed = [...tables.matchAll(/^\| `(\w+)` \| (\w+) \| ([\w, ]*?) ?\| \S.* \|$/gm)].map(
  ([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: labels.split(', ').filter((label) => label !== ''),
  }),
);

/** prom-client keeps the names of labels where its types do not show them. */
function exportedBy(register: Registry): Exported[] {
  return register.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as { name: string; type: string; labelNames: string[] };
    return { name, type, labels: labelNames.filter((label) => !ofHistograms.includes(label)) };
  });
}

const byName = (a: Exported, b: Exported): number => a.name.localeCompare(b.name);

describe('docs/metrics.md', () => {
  it('lists what /metrics has of Sluice, with its type and its labels', () => {
    const register = new Registry();
    new Metrics({ register });
    const own = listed.filter(({ name }) => name.startsWith('sluice_'));
    expect(own.length).toBeGreaterThan(30);
    expect(own.toSorted(byName)).toEqual(exportedBy(register).toSorted(byName));
  });

  it('lists what it has of the process and of Node', async () => {
    const text = await new Metrics().text();
    const exported = [...text.matchAll(/^# TYPE ((?:process|nodejs)_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const others = listed.filter(({ name }) => !name.startsWith('sluice_')).map(({ name, type }) => `${name} ${type}`);
    expect(others).toEqual(expect.arrayContaining(exported));
    expect(exported.length).toBeGreaterThan(20);
  });

  it('lets no stranger make a label: they are names of contracts and routes, and outcomes', () => {
    const labels = new Set(listed.filter(({ name }) => name.startsWith('sluice_')).flatMap((metric) => metric.labels));
    expect([...labels].toSorted()).toEqual(['job', 'method', 'outcome', 'queue', 'route', 'status']);
  });
});
