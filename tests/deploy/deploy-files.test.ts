import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exportedMetrics } from './exported-metrics.ts';
import { findQueryProblems } from './find-query-problems.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const read = (name: string): Promise<string> => readFile(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
const exported = await exportedMetrics();
const { groups } = parse(await read('prometheus-alerts.yml')) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(await read('grafana-dashboard.json')) as {
  panels: Panel[];
  templating: { list: { definition?: string }[] };
};
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

/** As Grafana asks Prometheus. */
const filledIn = (expr: string): string => expr.replaceAll('$__rate_interval', '1m').replaceAll('$queue', 'a|b');
/** Labels that a legend or a text shows. */
const shownLabels = (text: string): string[] =>
  [...text.matchAll(/\{\{ *(?:\$labels\.)?(\w+) *\}\}/g)].map(([, label = '']) => label);

describe('the check of queries', () => {
  it.each([
    ['max by (queue) (sluice_queue_depth{queue=~"a|b"}) > 5', []],
    ['sum by (queue', ['no PromQL at 13']],
    ['rate(sluice_puts[5m])', ['sluice_puts is not exported']],
    ['sluice_queue_depth{job="a"}', ['sluice_queue_depth has no label job']],
    ['sum by (le, job) (rate(sluice_queueing_seconds_bucket[5m]))', []],
    ['sum by (le) (sluice_queue_depth)', ['sluice_queue_depth has no label le']],
    ['sluice_puts_total{outcome=~"full|lost"}', ['sluice_puts_total has no outcome lost']],
  ])('finds what is wrong with %s', (query, problems) => {
    expect(findQueryProblems(query, exported)).toEqual(problems);
  });
});

describe('deploy/prometheus-alerts.yml', () => {
  it.each(rules)('$alert asks for what /metrics exports, and says what it means', (rule) => {
    expect(findQueryProblems(rule.expr, exported)).toEqual([]);
    expect(rule.labels.severity).toMatch(/^(critical|warning|info)$/);
    expect(rule.annotations.summary).toMatch(/\S/);
    expect(rule.annotations.description).toMatch(/\.$/);
    for (const label of shownLabels(rule.annotations.summary))
      expect(rule.expr).toMatch(label === 'instance' ? /./ : label);
  });

  it('names each alert once', () => {
    expect(rules.length).toBeGreaterThan(15);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe('deploy/grafana-dashboard.json', () => {
  it.each(queries)('$title asks for what /metrics exports: $expr', ({ expr }) => {
    expect(findQueryProblems(filledIn(expr), exported)).toEqual([]);
  });

  it('shows each metric of queues, puts and attempts, or has an alert for it', () => {
    const asked = [...queries, ...rules].map(({ expr }) => expr).join(' ');
    const own = [...exported.keys()].filter((name) => name.startsWith('sluice_') && !/_(sum|count)$/.test(name));
    expect(own.filter((name) => !asked.includes(name))).toEqual([]);
  });

  it('has charts with a title, a description and a legend, that do not overlap', () => {
    expect(charts.length).toBeGreaterThan(15);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description, targets = [], gridPos } of charts) {
      expect(title).toMatch(/\S/);
      expect(description).toMatch(/\.$/);
      expect(targets.length).toBeGreaterThan(0);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const { expr, legendFormat } of targets)
        for (const label of shownLabels(legendFormat)) expect(label === 'instance' || expr.includes(label)).toBe(true);
    }
    const cells = charts.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('lets one choose queues that there are', () => {
    expect(dashboard.templating.list.map(({ definition }) => definition)).toContain(
      'label_values(sluice_queue_up, queue)',
    );
    expect(exported.has('sluice_queue_up')).toBe(true);
  });
});
