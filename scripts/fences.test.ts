import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../oxlint.config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each row: a file, one line in it, and the rule that must stop it (null: the line is allowed there). */
const rows: readonly [file: string, line: string, rule: string | null][] = [
  ['apps/cli/src/a.ts', "import '@sluice/worker/main';", 'no-restricted-imports'],
  ['apps/worker/src/a.ts', "import '@sluice/producer/main';", 'no-restricted-imports'],
  ['packages/queue/src/a.ts', "import '@sluice/cli/main';", 'no-restricted-imports'],
  ['apps/cli/src/b.ts', "import 'bullmq';", 'no-restricted-imports'],
  ['apps/producer/src/b.ts', "export type { Redis } from 'ioredis';", 'no-restricted-imports'],
  ['packages/shared/src/b.ts', "import 'bullmq';", 'no-restricted-imports'],
  ['packages/queue/src/b.ts', "import 'bullmq';", null],
  ['apps/cli/src/b.test.ts', "import 'ioredis';", null],
  ['packages/shared/src/c.ts', "import '@sluice/service';", 'no-restricted-imports'],
  ['packages/shared/src/d.ts', "import '@sluice/queue/contracts';", null],
  ['packages/service/src/c.ts', "import '@sluice/shared';", 'no-restricted-imports'],
  ['packages/service/src/d.ts', "import '@sluice/http';", null],
  ['packages/http/src/a.ts', "import '@sluice/service';", 'no-restricted-imports'],
  ['packages/http/src/b.ts', "import '@sluice/shared';", 'no-restricted-imports'],
  ['packages/queue/src/h.ts', "import '@sluice/http';", 'no-restricted-imports'],
  ['packages/queue/src/g.ts', "import '@sluice/service';", 'no-restricted-imports'],
  ['packages/queue/src/c.ts', "import '@sluice/local-redis';", 'no-restricted-imports'],
  ['packages/queue/src/d.ts', "import '@sluice/testing';", 'no-restricted-imports'],
  ['packages/queue/src/d.test.ts', "import '@sluice/testing';", null],
  ['packages/local-redis/src/a.ts', "import 'pino';", 'no-restricted-imports'],
  ['packages/local-redis/src/b.ts', "import '@sluice/shared';", 'no-restricted-imports'],
  ['packages/local-redis/src/c.ts', "import 'node:fs/promises'; import './d.ts';", null],
  ['apps/worker/src/c.ts', "import '@sluice/local-redis';", 'no-restricted-imports'],
  ['apps/cli/src/c.ts', "import '@sluice/local-redis';", null],
  ['apps/cli/src/d.ts', "import '../../../packages/queue/src/index.ts';", 'no-restricted-imports'],
  ['tests/a.ts', "import '../packages/queue/src/index.ts';", 'no-restricted-imports'],
  ['packages/queue/src/pool/a.ts', "import '../put/b.ts';", 'no-restricted-imports'],
  ['packages/queue/src/put/a.ts', "import '../pool/b.ts';", 'no-restricted-imports'],
  [
    'packages/queue/src/attempt/a.ts',
    "import type { B } from '../pool/b.ts'; export type A = B;",
    'no-restricted-imports',
  ],
  ['packages/queue/src/leases/main/a.ts', "import '../../threads/pool/b.ts';", 'no-restricted-imports'],
  ['packages/queue/src/store/backend/a.ts', "import '../../put/b.ts';", 'no-restricted-imports'],
  ['packages/queue/src/job/a.ts', "import '../store/b.ts';", 'no-restricted-imports'],
  ['packages/queue/src/job/b.ts', "import '../index.ts';", 'no-restricted-imports'],
  ['packages/queue/src/pool/b.ts', "import '../attempt/b.ts'; import '../store/keys/b.ts';", null],
  ['packages/queue/src/consumer/b.ts', "import '../pool/b.ts';", null],
  ['packages/queue/src/e.ts', 'export const a = process.env;', 'no-process-env'],
  ['apps/cli/src/e.ts', "export const a = process.env['A'];", 'no-process-env'],
  ['apps/cli/src/main.ts', "export const a = process.env['A'];", null],
  ['packages/service/src/config/a.ts', 'export const a = process.env;', null],
  ['packages/service/src/s.ts', 'export const a = new AsyncDisposableStack();', 'no-restricted-globals'],
  ['packages/service/src/s.test.ts', 'export const a = new AsyncDisposableStack();', null],
  ['packages/shared/src/x.ts', "import { y } from './y.ts'; export const x = y;", 'no-cycle'],
  ['packages/shared/src/y.ts', "import { x } from './x.ts'; export const y = x;", 'no-cycle'],
  ['packages/shared/src/v.ts', "import type { W } from './w.ts'; export type V = W[];", 'no-cycle'],
  ['packages/shared/src/w.ts', "import type { V } from './v.ts'; export type W = { readonly v: V };", 'no-cycle'],
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

let work: string;
let found: readonly Diagnostic[];

/** A tree of offenders under the project's own rules. Without types: those rules are not fences. */
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'fences-'));
  const rules = { ...config, options: { typeAware: false } };
  await writeFile(join(work, '.oxlintrc.json'), JSON.stringify(rules));
  for (const [file, line] of rows) {
    await mkdir(dirname(join(work, file)), { recursive: true });
    await writeFile(join(work, file), `${line}\n`);
  }
  found = await lint();
});
afterAll(() => rm(work, { recursive: true, force: true }));

function lint(): Promise<readonly Diagnostic[]> {
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '-f', 'json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: work, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (stdout === '') return reject(new Error(stderr, { cause: error }));
      resolve((JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics);
    });
  });
}

describe('the fences of the linter', () => {
  it.each(rows)('%s: %s', (file, _line, rule) => {
    const codes = found.filter(({ filename }) => filename === file).map(({ code }) => /\((.*)\)/.exec(code)?.[1]);
    expect([...new Set(codes)]).toEqual(rule === null ? [] : [rule]);
  });
});
