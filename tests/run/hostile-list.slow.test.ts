import { expect, it } from 'vitest';
import { attemptsMost, hostilePages, type Meant } from './hostile-pages.ts';
import { type HostileSite, startHostileSite } from './hostile-site.ts';
import { type ResultOfRun, RunFolder, upTo } from './run-folder.ts';
import { sluice } from './sluice-command.ts';

const LINES = 2_000;
const HOSTS = 4;

/** How often a page stands in the list; all others are plain ones. Those that must run into their time are few. */
const often: Record<string, number> = { silent: 6, 'gzip-bomb': 10, 'asks-to-wait': 12, 'always-away': 40 };
const OFTEN = 20;

interface Line {
  text: string;
  meant: Meant | null;
}

it(`ends ${LINES} lines of a hostile site as the site meant them, each once`, async () => {
  await using site = await startHostileSite(HOSTS);
  const lines = makeList(site);
  await using folder = await RunFolder.make(lines.map(({ text }) => text));
  const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--quiet', '--body', 'text'];

  const end = await sluice(...args, '--attempts', String(attemptsMost), '--timeout', '4s');
  expect(end).toMatchObject({ exitCode: 1, stderr: '' });

  const results = await folder.results();
  const counted = lines.flatMap(({ meant }, index) => (meant ? [index + 1] : []));
  expect(results.map(({ line }) => line)).toEqual(counted);
  const wrong = results.flatMap((result) => {
    const meant = lines[result.line - 1]?.meant;
    return meant && isAsMeant(result, meant) ? [] : [{ meant, result }];
  });
  expect(wrong).toEqual([]);
});

function makeList(site: HostileSite): Line[] {
  const strange = Object.entries(hostilePages).flatMap(([name, page]) =>
    upTo(often[name] ?? OFTEN).map((n) => {
      const path = `/${name}/${n}`;
      return { text: `${site.origin(1 + (n % HOSTS))}${path}`, meant: page.meant(path) };
    }),
  );
  const others: Line[] = [
    { text: '# a comment', meant: null },
    { text: '', meant: null },
    { text: 'not a url', meant: { code: 'BAD_URL', attempts: 0 } },
    { text: 'ftp://127.0.0.1/', meant: { code: 'BAD_URL', attempts: 0 } },
    { text: 'http://', meant: { code: 'BAD_URL', attempts: 0 } },
    { text: 'http://127.0.0.1:1/', meant: { code: 'REFUSED', attempts: attemptsMost } },
    { text: `${site.tlsOrigin}/`, meant: { code: 'TLS', attempts: 1 } },
    { text: `${site.alertOrigin}/`, meant: { code: 'TLS', attempts: 1 } },
  ];
  const plain = upTo(LINES - strange.length - others.length).map((n) => {
    const path = `/plain/${n + OFTEN}`;
    return { text: `${site.origin(1 + (n % HOSTS))}${path}`, meant: hostilePages['plain']?.meant(path) ?? null };
  });
  return shuffled([...strange, ...others, ...plain]);
}

/** The same order each time, with the kinds mixed. */
function shuffled(lines: readonly Line[]): Line[] {
  const places = lines.map((line, index) => ({ line, place: (index * 7_919) % lines.length }));
  return places.sort((a, b) => a.place - b.place).map(({ line }) => line);
}

function isAsMeant(result: ResultOfRun, meant: Meant): boolean {
  if (meant.attempts !== undefined && result.attempts !== meant.attempts) return false;
  if ('body' in meant) return result.ok && result.body === meant.body;
  return (
    !result.ok && result.error?.code === meant.code && (meant.status === undefined || result.status === meant.status)
  );
}
