import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { documentedCommands, documentedTopics } from './documented-commands.ts';

const sources = fileURLToPath(new URL('..', import.meta.url));

it('has every section of "Steering jobs" in docs/operations.md run by a test', async () => {
  const files = (await readdir(sources, { recursive: true })).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((file) => readFile(join(sources, file), 'utf8')));
  const run = texts.flatMap((text) => [...text.matchAll(/documentedCommands\('([^']+)'\)/g)].map(([, topic]) => topic));
  const topics = await documentedTopics();
  expect(topics.length).toBeGreaterThan(0);
  expect(topics.filter((topic) => !run.includes(topic))).toEqual([]);
});

it('reads a section as a shell would', async () => {
  const commands = await documentedCommands('Stop and resume a queue');
  expect(commands).toContainEqual(['capacity', 'emails', '5000']);
  expect(commands.every(([command]) => command !== 'sluice')).toBe(true);
  await expect(documentedCommands('No such section')).rejects.toThrow("no section 'No such section'");
});
