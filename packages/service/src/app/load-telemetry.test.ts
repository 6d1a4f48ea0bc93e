import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadTelemetry, telemetryOf } from './load-telemetry.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-telemetry-'))));
afterEach(() => rm(folder, { recursive: true }));

async function load(named: string, files: Record<string, string>): Promise<unknown> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return loadTelemetry(named, { program: 'worker', from: folder });
}

it('takes the default export of a module', async () => {
  const text = "export default { tracer: 'mine', contextManager: {} };";
  expect(await load('./telemetry.mjs', { 'telemetry.mjs': text })).toMatchObject({ tracer: 'mine' });
});

it('makes the telemetry of what exports a class as bullmq-otel does, named after the program', async () => {
  const text = `exports.BullMQOtel = class {
    constructor({ tracerName }) { this.tracer = tracerName; this.contextManager = {}; }
  };`;
  const files = { 'otel.cjs': text };
  expect(await load('./otel.cjs', files)).toMatchObject({ tracer: 'worker' });
});

it('counts less than the telemetry that a program is given', async () => {
  const telemetry = { tracer: 'given', contextManager: {} } as never;
  expect(await telemetryOf({ telemetry }, { telemetryModule: './none.mjs' }, 'worker')).toBe(telemetry);
  expect(await telemetryOf({}, {}, 'worker')).toBeUndefined();
  await expect(telemetryOf({}, { telemetryModule: './none.mjs' }, 'worker')).rejects.toThrow('there is no file');
});

it.each([
  ['is not there', './none.mjs', {}, 'SLUICE_TELEMETRY "./none.mjs": there is no file'],
  ['exports nothing', './a.mjs', { 'a.mjs': '' }, 'its default export is no telemetry as BullMQ takes it'],
  ['exports something else', './a.mjs', { 'a.mjs': 'export default 7' }, 'no telemetry as BullMQ takes it'],
])('says what to do about a module that %s', async (_, named, files, message) => {
  await expect(load(named, files)).rejects.toMatchObject({
    code: 'SLUICE_CONFIG',
    message: expect.stringContaining(message),
  });
});
