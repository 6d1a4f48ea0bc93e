import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type PublicPackage, readPublicExports } from './public-exports.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** Words of programming, or of plain English, that name no idea of ours. */
const ordinary = new Set(
  `a add after all allow already any arguments as at away back be behind bounded by bullmq busy bytes ca call called can children cluster code
  completed config connect connection count create crashed decode default defaults define did died disallow done each encode end
  ended error errors every fault for found from full function has held highest host http id idle in index indexed input invalid is item
  items json lag last late later left level limit limits list live local log logger longest loop lost many max mean memory min module
  most ms name named names new next no node not number object of on oldest one only option options or origin out own parse path pattern
  per permanent plain policies policy pool prefix rate read ready redis refused registry remember reset reason rule rules safe schema
  seconds served set settings silent since size sluice snapshot started state stats stop stopped suite tested text time timings to
  too try type unavailable unsuitable untested up url value wait waiting wake way when who with without work write you active delayed
  closed clock answer unsafe pairs details problem upcast windows window header client use return completion prioritize body fetch usage output workers folder in gone shortage overloaded
  extension fail failure refuse turn issue issues event events health large lowest priority first second blocked describe
  undo stack find inexact numbers hide hook hooks line address form shown server common duration durations format exit programs render docs page digest shared isolated
  connection source how match end process record recorder tail over none twice lost final state entry files watched report reported
  load run choice environment tls socket path earlier test kind open never reserved startable seeded alone
  asymmetric seen view summary description auth unauthorized forbidden reused valid trouble built`.split(/\s+/),
);

/** The terms of the page and their plain forms. */
async function readTerms(): Promise<Set<string>> {
  const page = await read('docs/glossary.md');
  const rows = [...page.matchAll(/^\| ([a-z][^|]*?) \| ([^|]+?) \| [^|]* \|$/gm)].filter(([, term]) => term !== 'term');
  expect(rows.length).toBeGreaterThan(90);
  return new Set(rows.flatMap(([, term = '']) => wordsOf(term)));
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

/** `leases` and `lease`, `failed` and `fail`, `interrupting` and `interrupted`: one word. */
const stem = (word: string): string => {
  const shorter = word.replace(/(?:ies|ied|y)$/, 'i').replace(/(?<=..)(?:es|ed|ing|er|or|e|s|d)$/, '');
  return shorter === word ? word.replace(/(.)\1$/, '$1') : stem(shorter);
};

const namesOf = async (name: PublicPackage): Promise<string[]> =>
  (await readPublicExports(name)).map((each) => each.name);

async function fieldsOf(path: string, name: string): Promise<string[]> {
  const body =
    new RegExp(String.raw`export interface ${name}\b[^{]*\{(.*?)^\}`, 'ms').exec(await read(path))?.[1] ?? '';
  const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, field = '']) => field);
  expect(fields.length, `${name} in ${path}`).toBeGreaterThan(3);
  return fields;
}

const codes = async (): Promise<string[]> => [...new Set((await read('docs/errors.md')).match(/\bSLUICE_\w+\b/g))];

describe('docs/glossary.md', () => {
  it.each<[string, () => Promise<string[]>]>([
    ['the exports of @sluice/queue', () => namesOf('queue')],
    ['the exports of @sluice/console', () => namesOf('console')],
    ['the exports of @sluice/http', () => namesOf('http')],
    ['the exports of @sluice/service', () => namesOf('service')],
    ['the exports of @sluice/shared', () => namesOf('shared')],
    ['the exports of @sluice/testing', () => namesOf('testing')],
    ['the exports of @sluice/local-redis', () => namesOf('local-redis')],
    ['the events of a pool', () => fieldsOf('packages/queue/src/attempt/pool-events.ts', 'PoolEvents')],
    ['the fields of health', () => fieldsOf('packages/queue/src/pool/pool-health.ts', 'PoolHealth')],
    ['the fields of stats', () => fieldsOf('packages/queue/src/store/stats/queue-stats.ts', 'QueueStats')],
    ['the codes of errors', codes],
  ])('has the words of %s', async (_what, names) => {
    const known = new Set([...(await readTerms()), ...ordinary].map(stem));
    const strange = (await names()).filter((name) => wordsOf(name).some((word) => !known.has(stem(word))));
    expect(strange).toEqual([]);
  });
});
