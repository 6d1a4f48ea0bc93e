import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): Promise<string> => readFile(`${root}${name}`, 'utf8');

/** The exit code of the health check of the images, for a service that answers with this status. */
async function askLivez(status: number): Promise<unknown> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/livez' ? status : 404;
    response.end('{}');
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = execFile('/bin/sh', [`${root}scripts/ask-livez.sh`, 'ASKED_PORT'], {
    env: { PATH: process.env['PATH'], ASKED_PORT: String(port) },
  });
  const [code] = await once(child, 'exit');
  return code;
}

it('limits the log of every service', async () => {
  const text = await read('docker-compose.yml');
  const [, logging = ''] = /x-logging: &logging\n((?: .*\n)+)/.exec(text) ?? [];
  expect(logging).toMatch(/max-size: /);
  expect(logging).toMatch(/max-file: /);
  const services = text
    .slice(text.indexOf('\nservices:'), text.indexOf('\nnetworks:'))
    .split(/\n(?= {2}\w+:\n)/)
    .slice(1);
  expect(services).toHaveLength(3);
  for (const service of services) expect(service).toMatch(/logging: \*logging|<<: \*app/);
  expect(/x-app: &app\n((?: .*\n)+)/.exec(text)?.[1]).toContain('logging: *logging');
});

it('starts no second Node to ask whether a service is live', async () => {
  const checks = [...(await read('Dockerfile')).matchAll(/HEALTHCHECK[^]*?CMD (.*)/g)].map(([, command]) => command);
  expect(checks).toEqual([
    '["/usr/local/bin/ask-livez", "SLUICE_HEALTH_PORT"]',
    '["/usr/local/bin/ask-livez", "PORT"]',
  ]);
});

it.each([
  [200, 0],
  [503, 1],
])('tells a live service from one that is not: %i', async (status, code) => {
  expect(await askLivez(status)).toBe(code);
});

it('checks Host behind the published port, too', async () => {
  expect(await read('docker-compose.yml')).toMatch(/SLUICE_ALLOWED_HOSTS: \$\{SLUICE_ALLOWED_HOSTS:-localhost\}/);
});
