import { readFileSync } from 'node:fs';

/** Versions of the registry's packages as this repository pins them: `pinned('bullmq', 'zod')`. */
export function pinned(...names: readonly string[]): Record<string, string> {
  const text = readFileSync(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8');
  const versions = new Map(
    [...text.matchAll(/^ {2}'?([^':\s]+)'?: (\d[\d.]*)$/gm)].map(([, name, version]) => [name, version]),
  );
  return Object.fromEntries(
    names.map((name) => {
      const version = versions.get(name);
      if (version === undefined) throw new Error(`pnpm-workspace.yaml pins no ${name}`);
      return [name, version];
    }),
  );
}
